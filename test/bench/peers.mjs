// Prints samples/s of Lockstep, JAX and PyTorch on the same network and two cores, round by round in turn, with ratios and the
// machine's load, as Markdown. It asserts nothing: run it on a quiet machine. test/bench/README.md says how.
// npm run bench:peers -- --python PATH

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { kinds, participantsOf } from './peers/participants.mjs';
import { loadSentence, ratesAndRatios, withSection } from './peers/rates.mjs';

const help = `npm run bench:peers -- [options]

--python PATH    a Python with jax, torch and numpy; without it ours alone is measured
--node PATH      a Node for ours; may be given several times (this one: ${process.version})
--wide PATH      a Node for ours with --wide; may be given several times
--rounds N       rounds, in each of which everybody runs once (5)
--epochs N       epochs of a run; the first is left out (4)
--batch N,N      batch sizes (128,512,2048)
--hidden N,N     widths of the hidden layers (128,64)
--no-augment     images as they are, for all
--only A,B       of ${kinds.join(', ')}
--quick          one round of two epochs of 8,192 samples at batch 512: to see that all runs
--write          put the tables into test/bench/README.md`;

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
    wide: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '4' },
    batch: { type: 'string', default: '128,512,2048' },
    hidden: { type: 'string', default: '128,64' },
    'no-augment': { type: 'boolean', default: false },
    only: { type: 'string', default: kinds.join(',') },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
if (values.quick && values.write) throw new Error('--quick shows that all runs, and is no measurement to be written');
const numbers = (text) => text.split(',').map(Number);

function nodeAt(path) {
  return { path, version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim() };
}
const given = [...values.node, ...values.wide];
const participants = participantsOf({
  python: values.python ?? null,
  nodes: (given.length === 0 ? [process.execPath] : values.node).map(nodeAt),
  wideNodes: values.wide.map(nodeAt),
  only: values.only.split(','),
});
const hidden = numbers(values.hidden);
const batches = values.quick ? [512] : numbers(values.batch);
const rounds = values.quick ? 1 : Number(values.rounds);
const epochs = values.quick ? 2 : Number(values.epochs);
const augment = !values['no-augment'];

const measured = participants.map(({ name, peer }) => ({
  name,
  peer,
  training: batches.map(() => []),
  evaluation: [],
}));
const loads = [];
for (let round = 0; round < rounds; round++) {
  const before = loadavg()[0];
  for (const [column, batch] of batches.entries()) {
    const evaluated = participants.map(() => null);
    for (const [i, participant] of participants.entries()) {
      const task = { batch, hidden, epochs, augment, samples: values.quick ? 8192 : null };
      const rates = await participant.rates(task);
      measured[i].training[column].push(rates.training);
      evaluated[i] = rates.evaluation;
      const said = `round ${round + 1} of ${rounds}, batch ${batch}: ${participant.name}`;
      process.stderr.write(`${said}: ${Math.round(rates.training)} samples/s, load ${loadavg()[0].toFixed(1)}\n`);
    }
    // evaluation knows no batch size: a round's last one stands
    if (column === batches.length - 1) for (const [i, rate] of evaluated.entries()) measured[i].evaluation.push(rate);
  }
  loads.push({ before, after: loadavg()[0] });
}

const section = `peers, hidden ${hidden.join(',')}${augment ? '' : ', no augmentation'}`;
const network = ['784', ...hidden, '10'].join('-');
const times = `${rounds} round${rounds === 1 ? '' : 's'}`;
const text = [
  `Network ${network}, augmentation ${augment ? 'on' : 'off'}, ${availableParallelism()} cores of ${cpus()[0].model.trim()}, ${process.platform} ${process.arch}. ` +
    `Each figure is the median of ${times} (lowest to highest), each ratio the median of the ratios of the rounds; a run's rate is the ` +
    `median of its epochs but the first.`,
  `Training:`,
  ratesAndRatios(
    batches.map((size) => `batch ${size}`),
    measured.map(({ name, peer, training }) => ({ name, peer, rates: training })),
  ),
  `Evaluation of the 10,000 test images:`,
  ratesAndRatios(
    ['evaluation'],
    measured
      .filter(({ evaluation }) => !evaluation.includes(null))
      .map(({ name, peer, evaluation }) => ({ name, peer, rates: [evaluation] })),
  ),
  loadSentence(loads),
].join('\n\n');
console.log(text);
if (values.write) {
  const file = fileURLToPath(new URL('README.md', import.meta.url));
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), section, text));
}
