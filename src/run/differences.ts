// What two records of runs, or of one run at two times, have that is not the same: by options, engine and data. Pure; what follows
// from a difference is not its affair.

import { initIdentity } from '../model/init-choice.ts';
import { optionKeys, optionTable, valueBefore } from '../options/option-table.ts';
import { bareValue } from '../text/shown-value.ts';
import type { Change, Facts } from './run-record.ts';

const fixed = optionKeys.filter((key) => optionTable[key].recorded && !optionTable[key].changeable);
/** Names that --allow-change takes: the options that show in the bits, the data and the engine. */
export const allowable: readonly string[] = [...new Set([...fixed, 'data', 'engine'])];

/** What an older run, which does not record an option, had for it. */
export const valuesBefore: Readonly<Record<string, unknown>> = Object.fromEntries(
  optionKeys.map((key) => [key, valueBefore(key)]),
);

export interface Recorded {
  readonly facts: Facts;
  readonly changes: readonly Change[];
}

export type Difference = Omit<Change, 'step' | 'epochsDone'>;

/** All that is recorded and not the same in each of some runs. One that an older run does not record had its default there. */
export function differingValues(
  runs: readonly Facts[],
): { readonly name: string; readonly values: readonly unknown[] }[] {
  const known = runs.map(valuesOf);
  const recorded = optionKeys.filter((key) => optionTable[key].recorded && key !== 'data');
  return [...recorded, 'data']
    .map((name) => ({ name, values: known.map((values) => values[name]) }))
    .filter(({ values }) => values.some((value) => JSON.stringify(value) !== JSON.stringify(values[0])));
}

/** By their names; of data and of weights to begin from the digest, wherever they are. */
function valuesOf({ config, dataDigest, engine }: Facts): Readonly<Record<string, unknown>> {
  return { ...valuesBefore, ...config, init: initIdentity(config['init']), data: dataDigest, engine };
}

/** In what the bits depend on. An option that is missing on one side, since it is older, had its default there. */
export function differences(before: Facts, now: Facts): Difference[] {
  const [old, asked] = [valuesOf(before), valuesOf(now)];
  // a schedule, or a rise of the rate, is a plan for all epochs: another length would be another plan from the first step on
  const planned = [old, asked].some(({ schedule = 'constant', warmup }) => schedule !== 'constant' || Boolean(warmup));
  return [...allowable, ...(planned ? ['epochs'] : [])]
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(asked[name]))
    .map((name) => ({ name, from: old[name], to: asked[name] }));
}

/** A run as it was at one of its checkpoints: what was changed after that is as it was then. */
export function asOf({ facts, changes }: Recorded, config: Recorded): Recorded {
  const later = new Set(config.changes.slice(changes.length).map(({ name }) => name));
  const values = Object.entries(config.facts.config).map(([name, value]) => [
    name,
    later.has(name) ? (name in facts.config ? facts.config[name] : valuesBefore[name]) : value,
  ]);
  return {
    facts: {
      config: Object.fromEntries(values),
      engine: later.has('engine') ? facts.engine : config.facts.engine,
      dataDigest: later.has('data') ? facts.dataDigest : config.facts.dataDigest,
    },
    changes,
  };
}

/** In words: "seed was 1 and is 2 now". */
export function differenceText({ name, from, to }: Difference): string {
  if (name !== 'data') return `${name} was ${bareValue(from)} and is ${bareValue(to)} now`;
  return `the data's SHA-256 was ${String(from).slice(0, 12)}... and is ${String(to).slice(0, 12)}... now`;
}
