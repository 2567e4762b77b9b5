// A prepared run that listens, with hands of the test's own in the place of the coordinator's threads.

import { clusterLimits, listen } from '../../coordinator/cluster/listen.ts';
import type { SocketExecutor } from '../../coordinator/cluster/socket-executor.ts';
import type { Executor } from '../../coordinator/executors/executor.ts';
import { ShardSizes } from '../../coordinator/executors/shard-sizes.ts';
import type { Engine, WorkerPool } from '../../src/engine.ts';
import { wiring } from '../../src/library.ts';
import { identityOf } from '../../src/wire/handshake.ts';
import type { Digits } from './digits.ts';
import { type PreparedRun, prepareRun } from './prepared-run.ts';

export type Local = WorkerPool & Executor;

export interface Listening {
  readonly prepared: PreparedRun;
  readonly url: string;
  /** Resolves when enough workers have come. */
  readonly begun: Promise<SocketExecutor>;
}

/** `makeLocal` is given the coordinator's engine. `unmeasuredMs`: after which a worker that was never measured is late. */
export async function startListening(
  digits: Digits,
  minWorkers: number,
  unmeasuredMs: number,
  makeLocal: ((engine: Engine) => Local) | null,
): Promise<Listening> {
  const threads = makeLocal === null ? 0 : 1;
  const prepared = prepareRun({ ...digits.short, threads, listen: '127.0.0.1:0', minWorkers }, digits.data);
  const { parts, log } = prepared;
  const spec = { name: 'wasm', augmentValidation: false };
  const engine = await wiring.makeEngine(spec, parts.memory, threads);
  const local = makeLocal?.(engine) ?? null;
  const begun = listen({
    ...parts,
    configuration: { ...digits.short },
    engine,
    local: local && { pool: local, executor: local },
    sizes: new ShardSizes(parts.shape),
    limits: { ...clusterLimits, step: { lateFactor: 1, lateFloorMs: 1, unmeasuredMs } },
    identity: identityOf(wiring.programVersion, 'wasm', await wiring.selfTest('wasm')),
  });
  return { prepared, url: (await log.told('listening')).url, begun };
}
