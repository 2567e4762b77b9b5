// Lives a life on the real program: real threads, real sockets, real processes, a real disk. What a life asks for that the
// program refuses, such as another batch size in the middle of an epoch, is left out, and the life goes on without it.

import { cpSync, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { resolveWithRun } from '../../coordinator/run-files.ts';
import { trainRun } from '../../coordinator/train-run.ts';
import type { TrainOptions } from '../../src/config.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { type ExitCode, LockstepError } from '../../src/errors.ts';
import type { EpochRecord, Summary, TrainEvent } from '../../src/events.ts';
import { wiring } from '../../src/library.ts';
import { allowable } from '../../src/resume-plan.ts';
import { readRunConfig } from '../../src/run-record.ts';
import { type Cluster, impatient, withCluster } from '../support/cluster.ts';
import type { NodeSetup } from '../support/nodes.ts';
import { startProxy } from '../support/proxy.ts';
import { startCli } from '../support/run-cli.ts';
import type { Life, NodeLife, Stage } from './life.ts';
import { type Bits, replay } from './replay.ts';

export interface Lived {
  readonly bits: Bits;
  /** What the replay needs. */
  readonly options: TrainOptions;
  readonly changes: Parameters<typeof replay>[1];
  readonly counts: Readonly<Record<string, number>>;
}

export interface World {
  /** Where runs are written. */
  readonly folder: string;
  readonly dataFolder: string;
  readonly data: Dataset;
}

/** Somebody who computes steadily, so that a life without threads does not wait for ever. */
const steady: NodeLife = { joinsAt: 0, misfortune: 'none', at: 0 };

export async function play(life: Life, { folder, dataFolder, data }: World): Promise<Lived> {
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  let places = 0;
  const place = () => join(folder, `place-${places++}`);
  let run = place();
  let patience = life.options.patience ?? null;

  for (const stage of life.stages) {
    // less patience than before would end a run where an uninterrupted one had ended long ago
    const shrinks = (stage.change.patience ?? Infinity) < (patience ?? Infinity);
    const { patience: _, ...rest } = stage.change;
    const change = shrinks || !('patience' in stage.change) ? rest : stage.change;
    const begun = existsSync(join(run, 'config.json'));
    const out = begun && !stage.elsewhere ? null : place();
    const going: Partial<TrainOptions> = begun
      ? { resume: run, allowChange: [...allowable, 'epochs'], ...(out === null ? {} : { out }) }
      : { ...life.options, out, data: dataFolder };
    const here = out ?? run;
    let asked = begun ? change : {};
    try {
      run = await playStage({ ...going, ...asked }, stage, here, place, data, count);
    } catch (error) {
      // found before anything was changed
      if (!(error instanceof LockstepError) || error.exitCode !== 2 || Object.keys(asked).length === 0) throw error;
      count('refused');
      asked = {};
      run = await playStage(going, stage, here, place, data, count);
    }
    if (existsSync(join(run, 'config.json'))) patience = (await recordOf(run)).options.patience;
  }
  const { options, changes } = await recordOf(run);
  return { bits: await bitsOf(run), options, changes, counts };
}

/** The life's bits and those of the loop that knows nothing of lives. */
export async function bothBits(life: Life, world: World): Promise<{ lived: Lived; replayed: Bits }> {
  const lived = await play(life, world);
  return { lived, replayed: await replay(lived.options, lived.changes, world.data) };
}

/** Resolves to the folder in which the run lies then. */
async function playStage(
  given: Partial<TrainOptions>,
  stage: Stage,
  here: string,
  place: () => string,
  data: Dataset,
  count: (what: string) => void,
): Promise<string> {
  const { end, threads, nodes } = stage;
  if (end.how === 'kill') {
    await killed({ ...given, threads }, end.afterEvents, here, count);
    return here;
  }
  let left = end.how === 'finish' ? Infinity : end.afterEvents;
  let copy: string | null = null;
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if ((event.type !== 'checkpoint' && event.type !== 'epoch') || --left > 0 || controller.signal.aborted) return;
    count(end.how);
    if (end.how === 'crash') {
      copy = place();
      // what another process holds is nobody's after a crash
      cpSync(here, copy, { recursive: true, filter: (path) => !basename(path).startsWith('.lock') });
    }
    controller.abort(new LockstepError({ what: 'Told to stop', why: 'its life', mend: 'none', exitCode: 130 }));
  };
  try {
    if (nodes.length > 0) await withNodes({ ...given, threads }, stage, controller.signal, onEvent, data, count);
    else {
      if (threads > 0) count('threads');
      const faults = threads > 0 ? stage.threadFaults : [];
      const options = await resolveWithRun({ ...given, threads }, null, 'option');
      await trainRun(options, { onEvent, signal: controller.signal }, { ...wiring, faults });
    }
  } catch (error) {
    if (!controller.signal.aborted || (error as LockstepError).exitCode !== 130) throw error;
  }
  return copy ?? here;
}

async function withNodes(
  options: Partial<TrainOptions>,
  { nodes, threads }: Stage,
  signal: AbortSignal,
  onEvent: (event: TrainEvent) => void,
  data: Dataset,
  count: (what: string) => void,
): Promise<void> {
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
        const started = cluster.node({ name: `n${i}`, data: i % 2 === 0 ? data : null, ...url, ...setup });
      }),
    );
    await cluster.outcome;
  };
  try {
    await withCluster(options, use, impatient, onEvent);
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
      afterStep: ({ step }, run, slots) => {
        if (once(step)) run.vector(run.plan.slots[slots[0]!]!.vector).fill(Number.NaN);
      },
    };
  }
  return {
    beforeStep: async ({ step }) => {
      if (!once(step)) return;
      if (misfortune === 'leaves') hands.leave();
      if (misfortune === 'dies') hands.cut();
      if (misfortune === 'engineFails') throw new Error('the engine failed');
      // later than `impatient` allows
      if (misfortune === 'late') await delay(50);
    },
  };
}

async function killed(
  options: Partial<TrainOptions>,
  afterEpochs: number,
  here: string,
  count: (what: string) => void,
): Promise<void> {
  const config = `${here}-asked.json`;
  await writeFile(config, JSON.stringify({ ...options, report: false, metricsPort: 'off' }));
  const process = startCli(['train', '--config', config], { cwd: join(here, '..') });
  const epochs = () => process.stderr().match(/^Epoch /gm)?.length ?? 0;
  process.child.stderr!.on('data', () => {
    if (epochs() >= afterEpochs) process.child.kill('SIGKILL');
  });
  const { exitCode, stderr } = await process.ended;
  if (exitCode === null) return count('kill');
  if (exitCode !== 0)
    throw new LockstepError({ what: stderr, why: 'a process', mend: 'none', exitCode: exitCode as ExitCode });
}

async function recordOf(run: string) {
  const record = readRunConfig(JSON.parse(await readFile(join(run, 'config.json'), 'utf8')));
  if ('why' in record) throw new Error(`${run}: ${record.why}`);
  return record;
}

async function bitsOf(run: string): Promise<Bits> {
  const read = async (name: string) => JSON.parse(await readFile(join(run, name), 'utf8'));
  const { digest, stateDigest, test } = (await read('summary.json')) as Summary;
  return { digest, stateDigest, test, history: (await read('history.json')) as EpochRecord[] };
}
