// Which of the options that were asked for cannot matter: to a run that is finished and is asked for nothing more, and to one that
// no other machine can join. Pure.

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

const ofListening: readonly OptionKey[] = [
  'tokenFile',
  'minWorkers',
  'joinTimeout',
  'heartbeatTimeout',
  'tlsCert',
  'tlsKey',
  'allowOrigin',
  'insecure',
];

/** The flags that were given for other machines to a run that none can join. */
export function withoutListening(options: TrainOptions): string[] {
  if (options.listen !== null || options.launcher !== 'none') return [];
  return ofListening
    .filter((key) => JSON.stringify(options[key]) !== JSON.stringify(optionTable[key].default))
    .filter((key) => key !== 'minWorkers' || options.minWorkers > Math.max(1, options.threads ?? 1))
    .map(flagName);
}
