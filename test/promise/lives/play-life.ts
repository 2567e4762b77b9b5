// Lives a life on the real program: real threads, real sockets, real processes, a real disk. What a life asks for that the
// program refuses, such as another batch size in the middle of an epoch, is left out, and the life goes on without it.

import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { CheckpointRequests } from '../../../coordinator/training/checkpoint-requests.ts';
import { resolveWithRun } from '../../../coordinator/training/resolve-with-run.ts';
import type { TrainDeps } from '../../../coordinator/training/train-deps.ts';
import { trainRun } from '../../../coordinator/training/train-run.ts';
import { LockstepError } from '../../../src/errors.ts';
import { wiring } from '../../../src/library.ts';
import type { OptionKey } from '../../../src/options/option-table.ts';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import { allowable } from '../../../src/run/differences.ts';
import type { TrainEvent } from '../../../src/run/events.ts';
import type { Change } from '../../../src/run/run-record.ts';
import { datasetDigest } from '../../../src/wire/dataset-bytes.ts';
import { type Cluster, withCluster } from '../../support/cluster.ts';
import { interruption } from '../../support/interruption.ts';
import type { NodeSetup } from '../../support/nodes.ts';
import { startProxy } from '../../support/proxy.ts';
import type { Life, NodeLife, Stage } from './life.ts';
import { type Bits, replay } from './replay.ts';
import { bitsOf, killed, recordOf } from './run-of-life.ts';
import type { DataName, World } from './world.ts';

export interface Lived {
  readonly bits: Bits;
  /** What the replay needs. */
  readonly options: TrainOptions;
  readonly changes: readonly Change[];
  readonly dataDigest: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** What takes some milliseconds longer than usual is late; who was slow is given less. */
const hasty = { limits: { step: { lateFactor: 4, lateFloorMs: 20, unmeasuredMs: 500 } } };

/** Somebody who computes steadily, so that a life without threads does not wait for ever. */
const steady: NodeLife = { joinsAt: 0, misfortune: 'none', at: 0 };

async function play(life: Life, world: World): Promise<Lived> {
  const { folder, data } = world;
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  let places = 0;
  const place = () => join(folder, `place-${places++}`);
  let run = place();

  for (const stage of life.stages) {
    const named = stage.change.data as DataName | undefined;
    const change = named === undefined ? stage.change : { ...stage.change, data: data[named].folder };
    const begun = existsSync(join(run, 'config.json'));
    const from = begun ? await checkpointAt(run, stage.from) : 'last';
    if (from !== 'last') count(`from ${stage.from}`);
    const out = begun && !stage.elsewhere ? null : place();
    const before = begun ? await optionsAt(run, from) : {};
    const going: Partial<TrainOptions> = begun
      ? { resume: run, from, allowChange: [...allowable, 'epochs'], ...(out === null ? {} : { out }) }
      : { ...life.options, out, data: data.own.folder };
    const here = out ?? run;
    const asked = begun ? Object.entries(change) : [];
    for (let played = false; !played; ) {
      try {
        run = await playStage({ ...going, ...Object.fromEntries(asked) }, stage, here, place, world, count);
        if (asked.some(([name]) => name === 'patience')) count('patience');
        await sameAsAsked(run, before, begun ? { ...before, ...Object.fromEntries(asked) } : life.options);
        played = true;
      } catch (error) {
        // found before anything was changed: what was asked for last is left out
        if (!(error instanceof LockstepError) || error.exitCode !== 2 || asked.length === 0) throw error;
        count('refused');
        asked.pop();
      }
    }
  }
  const { options, changes, facts } = await recordOf(run);
  return { bits: await bitsOf(run), options, changes, dataDigest: facts.dataDigest, counts };
}

/** The life's bits and those of the loop that knows nothing of lives. */
export async function bothBits(life: Life, world: World): Promise<{ lived: Lived; replayed: Bits }> {
  const lived = await play(life, world);
  const dataOf = (digest: unknown) => {
    const found = Object.values(world.data)
      .flatMap(({ dataset, turned }) => [{ dataset }, { dataset: turned }])
      .find(({ dataset }) => datasetDigest(dataset) === digest);
    if (found === undefined) throw new Error(`no data have the digest ${digest}`);
    return found.dataset;
  };
  const { options, changes, dataDigest } = lived;
  return { lived, replayed: await replay(options, changes, dataDigest, dataOf) };
}

/**
 * The replay believes config.json: what was asked for, and what was not, has to stand there. Of a finished run, that is told to
 * train nothing more, all stands as it did.
 */
async function sameAsAsked(run: string, before: Partial<TrainOptions>, asked: Partial<TrainOptions>): Promise<void> {
  const { options } = await recordOf(run);
  if (existsSync(join(run, 'summary.json')) && isDeepStrictEqual(options, before)) return;
  const names = ([...allowable, 'epochs', 'maxSteps', 'patience'] as OptionKey[]).filter(
    (name) => name in asked && name !== 'data',
  );
  const some = (from: Partial<TrainOptions>) => Object.fromEntries(names.map((name) => [name, from[name]]));
  expect(some(options)).toEqual(some(asked));
}

async function checkpointAt(run: string, from: Stage['from']): Promise<TrainOptions['from']> {
  const folder = join(run, 'checkpoints');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^step-\d+$/.test(name)) : [];
  if (from === undefined || names.length === 0) return 'last';
  if (from === 'first') return Math.min(...names.map((name) => Number(name.slice('step-'.length))));
  // history.json may know of one that stayed behind in the folder from which this one was begun
  const states = await Promise.all(names.map((name) => readFile(join(folder, name, 'state.json'), 'utf8')));
  const lossOf = (state: string) => (JSON.parse(state) as { validation: { loss: unknown } | null }).validation?.loss;
  const isValidated = states.some((state) => typeof lossOf(state) === 'number');
  return isValidated ? from : 'last';
}

/** What a run goes on with from there, if it is asked for nothing else. Of the best checkpoint nothing is known here. */
async function optionsAt(run: string, from: TrainOptions['from']): Promise<Partial<TrainOptions>> {
  if (from === 'best') return {};
  const { options, changes } = await recordOf(run);
  if (from === 'last') return options;
  const state = join(run, 'checkpoints', `step-${String(from).padStart(8, '0')}`, 'state.json');
  const then = JSON.parse(await readFile(state, 'utf8')) as {
    facts: { config: Partial<TrainOptions> };
    changes: readonly Change[];
  };
  const undone = changes.slice(then.changes.length).map(({ name }) => name as OptionKey);
  return { ...options, ...Object.fromEntries(undone.map((name) => [name, then.facts.config[name]])) };
}

/** Resolves to the folder in which the run lies then. */
async function playStage(
  given: Partial<TrainOptions>,
  stage: Stage,
  here: string,
  place: () => string,
  world: World,
  count: (what: string) => void,
): Promise<string> {
  const { end, threads, nodes, asks = [] } = stage;
  if (end.how === 'kill') {
    await killed({ ...given, threads }, end.afterEvents, count);
    return here;
  }
  let left = 'afterEvents' in end ? end.afterEvents : Infinity;
  let copy: string | null = null;
  const controller = new AbortController();
  const { signal } = controller;
  const endHere = () => {
    if (signal.aborted) return;
    count(end.how);
    if (end.how === 'crash') copy = copied(here, place());
    controller.abort(interruption(130));
  };
  const onEvent = (event: TrainEvent) => {
    if ((event.type === 'checkpoint' || event.type === 'epoch') && --left === 0) endHere();
  };
  const deadline = setTimeout(() => controller.abort(new Error('the run goes on for ever')), world.stageMs);
  let looks = 0;
  const checkpointRequests = new (class extends CheckpointRequests {
    override get pending() {
      looks++;
      if ('afterLooks' in end && looks === end.afterLooks) {
        count('inMidEpoch');
        endHere();
      }
      if (asks.includes(looks)) {
        count('asked');
        this.request();
      }
      return super.pending;
    }
  })();
  try {
    if (nodes.length > 0) {
      await withNodes({ ...given, threads }, stage, { onEvent, signal, checkpointRequests }, world, count);
    } else {
      if (threads > 0) count('threads');
      const faults = threads > 0 ? stage.threadFaults : [];
      const asked = await resolveWithRun({ ...given, threads }, null, 'option');
      await trainRun(asked, { onEvent, signal, checkpointRequests }, { ...wiring, faults });
    }
  } catch (error) {
    const toldToEnd = signal.aborted && signal.reason instanceof LockstepError;
    if (signal.aborted && !toldToEnd) throw signal.reason;
    if (!toldToEnd || (error as LockstepError).exitCode !== 130) throw error;
  } finally {
    clearTimeout(deadline);
  }
  return copy ?? here;
}

/** What lay there at this moment, also while somebody writes. */
function copied(folder: string, to: string): string {
  // what another process holds is nobody's after a crash
  const filter = (path: string) => !basename(path).startsWith('.lock');
  for (let attempt = 0; ; attempt++) {
    try {
      cpSync(folder, to, { recursive: true, filter });
      return to;
    } catch (error) {
      // renamed or removed since the folder was listed
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt > 20) throw error;
      rmSync(to, { recursive: true, force: true });
    }
  }
}

async function withNodes(
  options: Partial<TrainOptions>,
  { nodes, threads }: Stage,
  { onEvent, ...hooks }: Required<Pick<TrainDeps, 'onEvent' | 'signal' | 'checkpointRequests'>>,
  { data }: World,
  count: (what: string) => void,
): Promise<void> {
  const { signal } = hooks;
  const all = threads === 0 ? [steady, ...nodes] : nodes;
  const closing: (() => unknown)[] = [];
  const use = async (cluster: Cluster) => {
    count('cluster');
    const stop = () => cluster.stop(signal.reason);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    await Promise.all(
      all.map(async (node, i) => {
        if (node.joinsAt > 0) await cluster.committed(node.joinsAt).catch(() => undefined);
        const proxy = node.misfortune === 'dies' ? await startProxy(cluster.url) : null;
        if (proxy !== null) closing.push(() => proxy.close());
        const setup = setupOf(node, { cut: () => proxy?.cut(), leave: () => started.leave(), count });
        const url = proxy === null ? {} : { url: proxy.url };
        // no more than its own, also when the run goes on with others
        const held = i % 2 === 0 ? data.own.dataset : null;
        const started = cluster.node({ name: `n${i}`, data: held, ...url, ...setup });
      }),
    );
    await cluster.outcome;
  };
  try {
    await withCluster(options, use, hasty, onEvent, { checkpointRequests: hooks.checkpointRequests });
  } catch (error) {
    // what was finished already does not listen
    if (!(error instanceof Error && /^the run was over without/.test(error.message))) throw error;
  } finally {
    for (const close of closing) await close();
  }
}

function setupOf(
  { misfortune, at }: NodeLife,
  hands: { cut: () => void; leave: () => void; count: (what: string) => void },
): NodeSetup {
  let due = misfortune !== 'none';
  const once = (step: number): boolean => {
    if (!due || step < at) return false;
    due = false;
    hands.count(misfortune);
    return true;
  };
  if (misfortune === 'notFinite') {
    return {
      afterStep: ({ step }, memory, slots) => {
        if (once(step)) memory.vector(memory.plan.slots[slots[0]!]!.vector).fill(Number.NaN);
      },
    };
  }
  if (misfortune === 'partsNotFinite') {
    return {
      afterParts: (_, memory, first) => {
        if (once(at)) memory.doubles[memory.partSumsAt(first) / 8] = Number.NaN;
      },
    };
  }
  return {
    beforeStep: async ({ step }) => {
      if (!once(step)) return;
      if (misfortune === 'leaves') hands.leave();
      if (misfortune === 'dies') hands.cut();
      if (misfortune === 'engineFails') throw new Error('the engine failed');
      // later than `hasty` allows
      if (misfortune === 'late') await delay(50);
    },
  };
}
