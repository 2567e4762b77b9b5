// The engine tfjs-node on its native binding: the same promise as everywhere, and agreement with the default engine.
// Without the binding (deploy/tfjs-native.sh brings it) these tests are skipped, and say so.

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newRun } from '../../../coordinator/training/resolve-with-run.ts';
import { trainRun } from '../../../coordinator/training/train-run.ts';
import type { RunMemory } from '../../../src/kernels/run-memory.ts';
import { wiring } from '../../../src/library.ts';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import type { Welcome } from '../../../src/wire/messages.ts';
import { bindingOf } from '../../../worker/engines/tfjs-node.ts';
import type { FaultPoint } from '../../../worker/thread/compute-loop.ts';
import type { Fault } from '../../../worker/thread/faults.ts';
import { type Cluster, patient, withCluster } from '../../support/cluster.ts';
import { makeDigits } from '../../support/digits.ts';
import { startNode } from '../../support/nodes.ts';
import { rawCoordinator } from '../../support/raw-coordinator.ts';
import { RawNode } from '../../support/raw-node.ts';
import { runCli } from '../../support/run-cli.ts';
import { describeNative } from '../../support/tfjs-native.ts';
import { withFolder } from '../../support/tiny-data.ts';
import { bitsOf, traced } from '../../support/train.ts';

const short: Partial<TrainOptions> = { engine: 'tfjs-node', epochs: 2, limitTrain: 1000, valSize: 1000 };

describeNative('tfjs-node: the same bits as one worker', () => {
  const baseline = (options: Partial<TrainOptions>) => traced({ ...options, threads: 0 });

  test.each([1, 2, 3])('with %d threads', async (threads) => {
    expect(bitsOf(await traced({ ...short, threads }))).toEqual(bitsOf(await baseline(short)));
  });

  test.each<[string, Partial<TrainOptions>]>([
    ['a batch size that the shards do not divide', { batchSize: 100, limitTrain: 450 }],
    ['a last batch with fewer samples than shards', { batchSize: 64, limitTrain: 195 }],
    ['one shard', { shards: 1, limitTrain: 400 }],
    ['64 shards', { shards: 64, limitTrain: 400 }],
    ['large shards', { batchSize: 4096, limitTrain: 6000, epochs: 1 }],
    ['other widths, not multiples of four', { hidden: [33, 7, 5], limitTrain: 400 }],
    ['no augmentation, and augmented validation', { augment: false, augmentValidation: true, limitTrain: 400 }],
  ])('with %s', async (_, options) => {
    const all = { ...short, ...options };
    expect(bitsOf(await traced({ ...all, threads: 3 }))).toEqual(bitsOf(await baseline(all)));
  });

  test('and no node holds -0', async () => {
    let negativeZeros = 0;
    let nodes = 0;
    await traced(
      { ...short, shards: 64, limitTrain: 100, hidden: [33, 7], threads: 0 },
      {
        makeEngine: async (spec, memory, worker) => {
          const engine = await wiring.makeEngine(spec, memory, worker);
          const { computeBlock } = engine;
          engine.computeBlock = (at, block, slot) => {
            for (let shard = 0; shard < 64; shard++) {
              computeBlock.call(engine, at, { level: 0, index: shard }, slot);
              negativeZeros += memory
                .vector(memory.plan.slots[slot]!.vector)
                .filter((value) => Object.is(value, -0)).length;
              nodes++;
            }
            computeBlock.call(engine, at, block, slot);
          };
          return engine;
        },
      },
    );
    expect([nodes, negativeZeros]).toEqual([128, 0]);
  });

  test.each<FaultPoint>([
    'compute',
    'reduce',
    'adam',
  ])('with threads that die in %s, and are replaced', async (point) => {
    const faults: Fault[] = [0, 1].map((worker) => ({ worker, step: 2 + 5 * worker, point }));
    const found = await traced({ ...short, threads: 2 }, { faults });
    expect(found.threadsLost).toBe(2);
    expect(bitsOf(found)).toEqual(bitsOf(await baseline(short)));
  });

  test('with two nodes over sockets, one of them with threads', async () => {
    const digits = await makeDigits();
    const engine = 'tfjs-node';
    try {
      await withCluster({ ...digits.short, engine, minWorkers: 3 }, async (cluster) => {
        const a = cluster.node({ name: 'a', threads: 2, realThreads: true, data: digits.data });
        const b = cluster.node({ name: 'b', data: digits.data });
        expect(await cluster.bits()).toEqual(await digits.baseline({ engine }));
        for (const node of [a, b]) expect((await node.ended).result!.shardsDone).toBeGreaterThan(0);
      });
    } finally {
      digits.remove();
    }
  });

  test('under attack: nodes that claim much, answer nonsense, or what is not finite', async () => {
    const digits = await makeDigits();
    const engine = 'tfjs-node';
    try {
      const use = async (cluster: Cluster) => {
        const greeting = { engine, selfTest: await wiring.selfTest(engine), threads: 1024 };
        const strangers: RawNode[] = [];
        const enter = async (offend: (node: RawNode) => void) => {
          const node = await RawNode.open(cluster.url);
          strangers.push(node);
          await node.greet(greeting);
          node.say({ type: 'ready' });
          offend(node);
        };
        const offences: ((node: RawNode) => void)[] = [
          () => undefined,
          (node) => node.socket.send(new Uint8Array(100_000)),
          (node) => node.socket.terminate(),
          (node) => {
            for (let i = 0; i < 1000; i++) node.socket.ping('x'.repeat(125));
          },
        ];
        let entered: Promise<unknown> | null = null;
        const beforeStep = async ({ step }: { step: number }) => {
          if (step < 5) return;
          entered ??= Promise.all(offences.map(enter));
          await entered;
        };
        const afterStep = ({ step }: { step: number }, memory: RunMemory, slots: readonly number[]) => {
          if (step < 8) return;
          for (const slot of slots) memory.vector(memory.plan.slots[slot]!.vector)[77] = Number.NaN;
        };
        cluster.node({ name: 'good', data: digits.data, beforeStep });
        const bad = cluster.node({ name: 'bad', data: digits.data, afterStep });
        expect(await cluster.bits()).toEqual(await digits.baseline({ engine }));
        expect(strangers).toHaveLength(offences.length);
        expect((await bad.ended).error).toMatchObject({ why: expect.stringMatching(/^nonFinite: /) });
        for (const { socket } of strangers) socket.terminate();
      };
      await withCluster({ ...digits.short, engine, minWorkers: 2 }, use, patient);
    } finally {
      digits.remove();
    }
  });

  test('under attack by its coordinator: a node is asked for what there is not', async () => {
    const digits = await makeDigits(700, 300);
    const engine = 'tfjs-node';
    try {
      const welcome = await withCluster({ ...digits.short, valSize: 60, engine }, async ({ url }) =>
        (await RawNode.open(url)).greet({ engine, selfTest: await wiring.selfTest(engine) }),
      );
      const { payload: _, ...fields } = welcome as Welcome & { payload: Uint8Array };
      const parameters = new Uint8Array(4 * welcome.valueCount);
      const step = { type: 'step', epoch: 0, step: 0, stepInEpoch: 0, attempt: 1, base: null };
      const evaluate = { type: 'evaluate', epoch: 0, step: 0, split: 'test', attempt: 1, base: null };
      for (const asked of [
        { ...step, blocks: [{ level: 0, index: 8 }] },
        { ...step, blocks: [{ level: 30, index: 2 ** 30 }] },
        { ...evaluate, blocks: [{ level: 0, index: 2 }] },
      ]) {
        const coordinator = await rawCoordinator(engine);
        const node = startNode(coordinator.url, { data: digits.data, threads: 2, realThreads: true, retryForMs: 0 });
        await coordinator.hear('hello');
        coordinator.say(fields);
        await coordinator.hear('ready');
        coordinator.say(asked, parameters);
        expect(await coordinator.closedBy).toBe('4032 badField');
        expect((await node.ended).error).toMatchObject({ exitCode: 1 });
        expect(node.log.count(/died/)).toBe(0);
        await coordinator.close();
      }
    } finally {
      digits.remove();
    }
  });

  test('the self-test gives one digest, in another process too, and it is not that of wasm', async () => {
    const digest = await wiring.selfTest('tfjs-node');
    expect(await wiring.selfTest('tfjs-node')).toBe(digest);
    expect(await wiring.selfTest('wasm')).not.toBe(digest);
    const library = new URL('../../../dist/src/library.js', import.meta.url).href;
    const script = `import { wiring } from '${library}'; console.log(await wiring.selfTest('tfjs-node'))`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim()).toBe(
      digest,
    );
  });
});

describeNative('tfjs-node: a run', (tf) => {
  test('has the loss of the default engine after an epoch, within 1 %', async () => {
    const options = { epochs: 1, threads: 2, seed: 3 };
    const { summary: ours } = await traced({ ...options, engine: 'tfjs-node' });
    const { summary: theirs } = await traced(options);
    const [a, b] = [ours.epochs[0]!, theirs.epochs[0]!];
    console.info(`training loss ${a.train.loss} and ${b.train.loss}, test ${ours.test.loss} and ${theirs.test.loss}`);
    expect(Math.abs(a.train.loss / b.train.loss - 1)).toBeLessThan(0.01);
    expect(Math.abs(a.validation!.loss / b.validation!.loss - 1)).toBeLessThan(0.01);
    expect(Math.abs(ours.test.loss / theirs.test.loss - 1)).toBeLessThan(0.01);
    expect(ours.digest).not.toBe(theirs.digest);
  });

  test('keeps as many tensors from epoch to epoch, and none at the end', async () => {
    const binding = bindingOf(tf);
    const before = binding.getNumOfTensors();
    const seen: number[] = [];
    await trainRun(
      newRun({ ...short, threads: 0, epochs: 6 }),
      { onEvent: ({ type }) => void (type === 'epoch' && seen.push(binding.getNumOfTensors())) },
      wiring,
    );
    // three layers' weights, and the biases of all but the first
    expect(seen).toEqual(new Array(6).fill(before + 5));
    expect(binding.getNumOfTensors()).toBe(before);
  });

  describe('by the command line', () => {
    test('outlives signals in the middle of its products', async () => {
      await withFolder(async (cwd) => {
        // a profiler's signals, in each thread; with code for AVX2 or AVX-512, shards of 256 and of 16 samples end in SIGABRT
        const nodeFlags = ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', cwd];
        for (const batchSize of ['128', '2048']) {
          for (const threads of ['0', '2']) {
            const args = ['train', '--engine', 'tfjs-node', '--threads', threads, '--batch-size', batchSize, '--quiet'];
            const all = [...args, '--epochs', '1', '--limit-train', '20000', '--out', `run-${batchSize}-${threads}`];
            const { exitCode, stderr } = await runCli(all, { cwd, nodeFlags });
            expect([exitCode, stderr]).toEqual([0, '']);
          }
        }
      });
    });

    test('says which engine computed, and TensorFlow says nothing', async () => {
      await withFolder(async (cwd) => {
        const args = ['train', '--engine', 'tfjs-node', '--threads', '2', '--max-steps', '5', '--out', 'run', '--json'];
        const { exitCode, stdout, stderr } = await runCli(args, { cwd });
        expect(exitCode).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ engine: 'tfjs-node' });
        expect(JSON.parse(await readFile(join(cwd, 'run/config.json'), 'utf8'))).toMatchObject({ engine: 'tfjs-node' });
        const lines = stderr.trimEnd().split('\n');
        expect(lines.map((line) => line.split(/[ :]/)[0])).toEqual(['Configuration', 'Run', 'Training', 'Epoch']);
      });
    });
  });
});
