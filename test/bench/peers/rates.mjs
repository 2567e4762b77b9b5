// Rates of rounds -> medians, ratios and tables. Pure.

/** Of an odd number the middle one, of an even number the mean of both. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, lowest and highest of one rate divided by the other, round by round: what was measured in the same minutes. */
export function ratioOf(ours, theirs) {
  const ratios = ours.map((rate, round) => rate / theirs[round]);
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}

export function markdownTable([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

const rate = (value) => Math.round(value).toLocaleString('en-US');

/** `3 (2 to 4)`. */
export function withRange(format, { median, lowest, highest }) {
  return `${format(median)} (${format(lowest)} to ${format(highest)})`;
}

export const rangeOf = (rates) => ({ median: median(rates), lowest: Math.min(...rates), highest: Math.max(...rates) });

/**
 * `measured`: for each participant its name, whether it is a peer, and its rates by column and round, null where it has none.
 * Two tables, of rates and of what ours are of the peers'.
 */
export function ratesAndRatios(columns, measured) {
  const cell = (rates) => (rates.includes(null) ? '' : withRange(rate, rangeOf(rates)));
  const rates = measured.map(({ name, rates }) => [name, ...rates.map(cell)]);
  const ours = measured.filter(({ peer }) => !peer);
  const peers = measured.filter(({ peer }) => peer);
  const ratio = (own, other) =>
    own.includes(null) || other.includes(null) ? '' : withRange((value) => value.toFixed(2), ratioOf(own, other));
  const ratios = peers.flatMap((other) =>
    ours.map((own) => [
      `${own.name} : ${other.name}`,
      ...columns.map((_, column) => ratio(own.rates[column], other.rates[column])),
    ]),
  );
  const tables = [markdownTable([['samples/s', ...columns], ...rates])];
  if (ratios.length > 0) tables.push(markdownTable([['ratio', ...columns], ...ratios]));
  return tables.join('\n\n');
}

/** `[{ before, after }]`: the load of the machine around each round. */
export function loadSentence(rounds) {
  const cell = ({ before, after }) => `${before.toFixed(1)} to ${after.toFixed(1)}`;
  return `Load of the machine (mean of a minute) before and after each round: ${rounds.map(cell).join('; ')}.`;
}

/** `text` with `content` between the markers of section `name`, which must stand there once. */
export function withSection(text, name, content) {
  const [start, end] = [`<!-- measured: ${name} -->`, '<!-- end -->'];
  const parts = text.split(start);
  if (parts.length !== 2) throw new Error(`there is not one place for it: a line ${start}, and ${end} below it`);
  const rest = parts[1].indexOf(end);
  if (rest === -1) throw new Error(`behind ${start} there is no ${end}`);
  return `${parts[0]}${start}\n\n${content}\n\n${parts[1].slice(rest)}`;
}
