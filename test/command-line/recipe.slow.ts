// The recipe against programs that are not ours: a real PyTorch that begins from the same file and sees the same batches; and
// exports of a run with another normalisation.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { infer } from '../../coordinator/evaluation/inference.ts';
import { Replay } from '../../coordinator/replay/replay.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { epochOrder, splitImages } from '../../src/data/sampler.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { train, wiring } from '../../src/library.ts';
import { initialParameters } from '../../src/model/init.ts';
import { layoutOf, namedTensors } from '../../src/model/layout.ts';
import { imagesAt, mnistData, relativeError } from '../support/golden.ts';
import { runCli } from '../support/run-cli.ts';

const scriptAt = (name: string) => new URL(`../support/python/${name}`, import.meta.url).pathname;

/** The first Python that has the modules; pip and Debian may have put them into different ones. */
function pythonWith(...modules: string[]): string | null {
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
      return python;
    } catch {
      // the next one may have them
    }
  }
  return null;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-recipe-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The loss of each of a run's steps, and its last parameters, computed again from its first weights. */
async function replayed(run: string, steps: number) {
  const deps = { data: null, threads: 0, wiring, onEvent: () => undefined, signal: new AbortController().signal };
  const replay = await Replay.of(run, deps, () => undefined);
  const losses: number[] = [];
  await replay.go(await replay.wayTo(0));
  await replay.advance(steps, (_, { lossSum, sampleCount }) => losses.push(lossSum / sampleCount));
  const { parameters } = replay.state();
  await replay.close();
  return { losses, parameters };
}

describe('beginning from the same file as PyTorch', () => {
  const python = pythonWith('torch', 'safetensors.torch', 'numpy');
  const [seed, valSize, batchSize, steps] = [3, 5000, 128, 40];

  // wide layers go through other kernels
  test.each<[string, number[], string, { losses: number; parameters: number }]>([
    // both sum in float32, in other orders; measured over 60 steps: 2.5e-7 and 2.0e-7, 3.7e-5 and 3.0e-4
    ["the report's network", [128, 64], '0.1307,0.3081', { losses: 1e-4, parameters: 1e-4 }],
    ['a wide one', [512, 320], '0.5,0.5', { losses: 1e-3, parameters: 5e-3 }],
  ])('%s: the losses are the same, step by step', async (name, hidden, normalize, tolerance) => {
    if (python === null)
      return skipped('no python3 has torch, safetensors and numpy (pip install torch safetensors numpy)');
    const data = (await mnistData()).train;
    const layout = layoutOf([784, ...hidden, 10]);
    const place = (what: string) => join(folder, `${hidden.join('-')}-${what}`);
    // another seed than the run's: it would draw others itself
    const first = namedTensors(layout, initialParameters(layout, 1234));
    await writeFile(place('init.safetensors'), encodeSafetensors(first));
    const run = place('run');
    const recipe = { seed, valSize, batchSize, hidden, normalize, augment: false, threads: 1, report: false };
    await train({ ...recipe, maxSteps: steps, init: place('init.safetensors'), out: run });

    const { training } = splitImages(seed, data.count, valSize, null);
    const order = [...epochOrder(seed, 0, training).subarray(0, steps * batchSize)];
    await writeFile(place('images'), imagesAt(await mnistData(), order));
    await writeFile(
      place('labels'),
      Uint8Array.from(order, (number) => data.labels[number]!),
    );
    const files = [place('init.safetensors'), place('images'), place('labels')];
    const figures = ['784', String(batchSize), ...normalize.split(','), '0.001', String(steps)];
    const args = [scriptAt('torch-train.py'), ...files, ...figures, place('torch.safetensors')];
    const theirs: number[] = JSON.parse(execFileSync(python, args, { encoding: 'utf8' }));

    const ours = await replayed(run, steps);
    const largest = Math.max(...theirs.map((loss, i) => Math.abs(loss - ours.losses[i]!)));
    console.log(`${name}: losses ${theirs[0]} to ${theirs.at(-1)}, largest difference ${largest}`);
    expect(theirs).toHaveLength(steps);
    expect(theirs.at(-1)).toBeLessThan(theirs[0]! / 2);
    expect(largest).toBeLessThan(tolerance.losses);
    const { tensors } = decodeSafetensors(await readFile(place('torch.safetensors')), 'theirs');
    const parameters = new Float32Array(layout.parameters);
    for (const { name, data } of namedTensors(layout, parameters)) {
      data.set(tensors.find((tensor) => tensor.name === name)!.data);
    }
    const apart = relativeError(ours.parameters, parameters);
    console.log(`${name}: parameters apart by ${apart} of their norm`);
    expect(apart).toBeLessThan(tolerance.parameters);
  });
});

function skipped(reason: string): void {
  console.log(`skipped: ${reason}`);
}

describe('exports of a run with another normalisation', () => {
  const count = 2000;
  let run: string;
  let ours: Float32Array;
  let images: Uint8Array;

  beforeAll(async () => {
    run = join(folder, 'normalised');
    const recipe = { normalize: 'dataset', augment: 'rotate=25,crop=3', hidden: [40], limitTrain: 3000, threads: 1 };
    await train({ ...recipe, epochs: 1, report: false, out: run });
    const { test: set } = await mnistData();
    images = set.images.slice(0, count * 784);
    const some = { ...set, count, images, labels: set.labels.slice(0, count) };
    ours = (await infer((await readTrainedModel(run)).model, some, 0, wiring)).probabilities;
    await writeFile(join(folder, 'images'), images);
  });

  function expectOurs(probabilities: ArrayLike<number>): void {
    expect(probabilities).toHaveLength(ours.length);
    expect(ours.reduce((most, p, i) => Math.max(most, Math.abs(p - probabilities[i]!)), 0)).toBeLessThan(1e-4);
  }

  async function written(path: string): Promise<Float32Array> {
    const bytes = await readFile(path);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }

  test('tfjs takes raw pixels', async () => {
    expect(await runCli(['export', run, '--format', 'tfjs', '--out', 'site'], { cwd: folder })).toMatchObject({
      exitCode: 0,
    });
    const tf = await import('@tensorflow/tfjs');
    const json = JSON.parse(await readFile(join(folder, 'site', 'model.json'), 'utf8'));
    const weights = new Uint8Array(await readFile(join(folder, 'site', 'weights.bin')));
    const model = await tf.loadLayersModel({
      load: async () => ({
        modelTopology: json.modelTopology,
        weightSpecs: json.weightsManifest[0].weights,
        weightData: weights.buffer,
      }),
    });
    const answers = model.predict(tf.tensor(Float32Array.from(images), [count, 28, 28])) as InstanceType<
      typeof tf.Tensor
    >;
    expectOurs(await answers.data());
  });

  test.each([
    ['onnx', 'run-onnx.py', ['28', '28'], ['onnx', 'numpy']],
    ['safetensors', 'run-safetensors.py', [], ['numpy']],
  ])('%s, as numpy runs it', async (format, script, size, modules) => {
    const python = pythonWith(...modules);
    if (python === null) return skipped(`no python3 has ${modules.join(' and ')}`);
    const { exitCode, stdout } = await runCli(['export', run, '--format', format], { cwd: folder });
    expect(exitCode).toBe(0);
    execFileSync(python, [scriptAt(script), stdout.trim(), 'images', ...size, `${format}.f32`], { cwd: folder });
    expectOurs(await written(join(folder, `${format}.f32`)));
  });
});
