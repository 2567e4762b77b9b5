// What was asked for -> the options of a run, checked: layer over layer, and those over the defaults. Knows nothing of the
// command line's parser, and reads no file.

import { LockstepError } from '../errors.ts';
import { hostAndPort, meantToListen } from './address-kinds.ts';
import { type Layer, type LayerOrigin, type Source, stacked } from './layers.ts';
import { type OptionKey, optionKeys, optionTable } from './option-table.ts';
import type { TrainOptions } from './train-options.ts';

/** The options, and of each where its value comes from. */
export interface Resolved {
  readonly options: TrainOptions;
  readonly sources: { readonly [K in OptionKey]: Source };
}

/** The lowest layer first. */
export function resolveLayers(layers: readonly Layer[]): Resolved {
  const found = stacked(layers);
  const values = optionKeys.map((key) => [key, found.get(key) ?? { value: optionTable[key].default, from: 'default' }]);
  const entries = Object.fromEntries(values) as Record<OptionKey, { value: unknown; from: Source }>;
  const each = <T>(pick: (entry: { value: unknown; from: Source }) => T) =>
    Object.fromEntries(optionKeys.map((key) => [key, pick(entries[key])]));
  // Sound because every value was accepted by the kind of its row.
  const options = each(({ value }) => value) as unknown as TrainOptions;
  checkRelations(options);
  return { options, sources: each(({ from }) => from) as Resolved['sources'] };
}

/**
 * Both records have the keys of TrainOptions; undefined means not given. Every value is checked, and an unknown key
 * refused. `origin` says how `given` was given: as flags, or as options of the library.
 */
export function resolveOptions(
  given: object,
  file: Readonly<Record<string, unknown>> | null,
  origin: Extract<LayerOrigin, 'flag' | 'option'> = 'option',
): TrainOptions {
  const layers: Layer[] = [
    { origin: 'file', values: file ?? {} },
    { origin, values: given },
  ];
  return resolveLayers(layers).options;
}

/** The options that shape the run, in the order of the table: config.json, which --config takes back. */
export function configForFile(options: TrainOptions): Record<string, unknown> {
  return Object.fromEntries(optionKeys.filter((key) => optionTable[key].recorded).map((key) => [key, options[key]]));
}

/** More threads than shards would idle, and more than cores would only wait for each other. */
export function resolveThreads(options: TrainOptions, availableCores: number): number {
  return options.threads ?? Math.min(availableCores, options.shards);
}

/** What can only be checked once the data are there: `trainCount` images, the last `own` of which are their own validation split. */
export function checkAgainstData(options: TrainOptions, trainCount: number, own = 0): void {
  const { limitTrain } = options;
  const valSize = own > 0 ? own : options.valSize;
  if (valSize >= trainCount) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--val-size ${valSize} leaves nothing to train on`,
      why: `there are ${trainCount} training images in all`,
      mend: `Give --val-size a value below ${trainCount}, such as ${Math.floor(trainCount / 10)}`,
    });
  }
  const split = trainCount - valSize;
  if (limitTrain !== null && limitTrain > split) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--limit-train ${limitTrain} is more than there is`,
      why: `the training split has ${split} samples: ${trainCount} images less ${valSize} for validation`,
      mend: `Give --limit-train a value of at most ${split}, or leave it out`,
    });
  }
  const steps = options.epochs * Math.ceil((limitTrain ?? split) / options.batchSize);
  if (Math.min(steps, options.maxSteps ?? steps) > maxTotalSteps) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `The run would take ${steps} steps`,
      why: `the step counter ends at ${maxTotalSteps}`,
      mend: 'Lower --epochs, or raise --batch-size',
    });
  }
}

/** The step is a uint32 in the stateDigest. */
export const maxTotalSteps = 2 ** 32 - 1;

function checkRelations(options: TrainOptions): void {
  const { batchSize, shards, valSize, patience, select, without } = options;
  checkListening(options);
  if (options.json && options.jsonEvents) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: '--json does not go with --json-events',
      why: 'each says what the last line of stdout is: the summary, or the event that has it',
      mend: 'Leave out one of them',
    });
  }
  if (options.wide && options.engine !== 'wasm') {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--wide does not go with --engine ${options.engine}`,
      why: 'it concerns our own kernels, and another engine has vectors of its own',
      mend: 'Leave out --wide (LOCKSTEP_WIDE), or use --engine wasm',
    });
  }
  if (without !== null && options.engine !== 'wasm') {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--without does not go with --engine ${options.engine}`,
      why: 'only our own kernels skip samples',
      mend: 'Leave out --without, or use --engine wasm',
    });
  }
  checkAudit(options);
  if (valSize === 0 && (patience !== null || select === 'best')) {
    const flag = patience === null ? '--select best' : `--patience ${patience}`;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `${flag} needs validation`,
      why: '--val-size 0 leaves no images for it',
      mend: 'Give --val-size a value above 0',
    });
  }
  if (batchSize < shards) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--batch-size ${batchSize} is below --shards ${shards}`,
      why: 'every shard of a full batch needs a sample',
      mend: `Give --batch-size a value of at least ${shards}, or lower --shards (which changes the digest)`,
    });
  }
}

/** A launcher's rank 0 listens without being asked to. */
function checkAudit({ audit, listen, launcher, engine }: TrainOptions): void {
  if (audit === 0) return;
  if (listen === null && launcher === 'none') {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--audit ${audit} needs --listen`,
      why: "it is nodes' answers that are computed again; this process's own threads are believed as the process is",
      mend: 'Let nodes join with --listen HOST:PORT, or leave out --audit',
    });
  }
  if (engine !== 'wasm') {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--audit does not go with --engine ${engine}`,
      why: 'it may compute other bits on an honest machine of another kind, which would be evicted for it',
      mend: 'Leave out --audit, or use --engine wasm',
    });
  }
}

function checkListening({ listen, tlsCert, tlsKey }: TrainOptions): void {
  if (listen === null) return;
  if (hostAndPort(listen) === null) {
    const meant = meantToListen(listen);
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--listen ${listen} is no address`,
      why: 'it must be HOST:PORT, with a port from 0 to 65535',
      mend:
        meant === null
          ? 'For example --listen 127.0.0.1:7070, --listen 0.0.0.0:7070 or --listen [::1]:0'
          : `Did you mean --listen ${meant}?`,
    });
  }
  if ((tlsCert === null) !== (tlsKey === null)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--tls-${tlsCert === null ? 'cert' : 'key'} is missing`,
      why: 'wss:// needs a certificate and its key',
      mend: 'Give both --tls-cert FILE and --tls-key FILE',
    });
  }
}
