// Which of the options that were asked for cannot matter to a run that is finished and is asked for nothing more. Pure.

import { flagName, type OptionKey, optionKeys, optionTable } from './option-table.ts';
import type { TrainOptions } from './train-options.ts';

/** They say which run it is, or how its summary is shown. */
const matter: readonly OptionKey[] = [
  ...([
    'resume',
    'out',
    'from',
    'autoResume',
    'preset',
    'expectDigest',
    'json',
    'jsonEvents',
    'quiet',
    'verbose',
  ] as const),
  ...(['launcher', 'rendezvous', 'retryFor'] as const),
];
/** Set for whoever is started by a launcher. */
const launched: readonly OptionKey[] = ['threads', 'listen', 'joinTimeout'];

/** The flags of those that are not as the run has them, or, where it has none, not as by default. */
export function withoutEffect(run: TrainOptions, asked: TrainOptions): string[] {
  const usual = (key: OptionKey): unknown => (optionTable[key].recorded ? run[key] : optionTable[key].default);
  return optionKeys
    .filter((key) => !matter.includes(key) && !(asked.launcher !== 'none' && launched.includes(key)))
    .filter((key) => JSON.stringify(asked[key]) !== JSON.stringify(usual(key)))
    .map(flagName);
}
