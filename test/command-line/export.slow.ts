// lockstep export: each form is read by a program that is not ours, fed with the raw pixels of the whole test set, and has
// to give our own predictions.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Inference, infer } from '../../coordinator/evaluation/inference.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import { wiring } from '../../src/library.ts';
import { mnistData } from '../support/golden.ts';
import { runCli } from '../support/run-cli.ts';
import { type TrainedRun, trainedRun } from '../support/trained-run.ts';

const python = '/usr/bin/python3';

let run: TrainedRun;
let test: ImageSet;
let ours: Inference;
let scratch: string;
beforeAll(async () => {
  run = await trainedRun();
  test = (await mnistData()).test;
  ours = await infer((await readTrainedModel(run.folder)).model, test, 0, wiring);
  scratch = await mkdtemp(join(tmpdir(), 'lockstep-export-'));
  await writeFile(join(scratch, 'images'), test.images);
});
afterAll(async () => {
  await run.remove();
  await rm(scratch, { recursive: true, force: true });
});

async function exported(...args: string[]) {
  return await runCli(['export', run.folder, ...args], { cwd: scratch });
}

/** The same predictions on all images but those that float32 sums in another order may tip, of which there are none to speak of. */
function expectOurs(probabilities: ArrayLike<number>): void {
  expect(probabilities).toHaveLength(ours.probabilities.length);
  let largest = 0;
  let others = 0;
  for (let i = 0; i < test.count; i++) {
    let best = 0;
    for (let c = 0; c < 10; c++) {
      const p = probabilities[i * 10 + c]!;
      largest = Math.max(largest, Math.abs(p - ours.probabilities[i * 10 + c]!));
      if (p > probabilities[i * 10 + best]!) best = c;
    }
    if (best !== ours.predictions[i]) others++;
  }
  expect(largest).toBeLessThan(1e-4);
  expect(others).toBe(0);
}

function floats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function missing(module: string): string | null {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return null;
  } catch {
    return `${python} has no ${module} (Debian: python3-${module})`;
  }
}

describe('lockstep export', () => {
  it('tfjs: tf.loadLayersModel gives our predictions', async () => {
    expect(await exported('--format', 'tfjs', '--out', 'site')).toMatchObject({ exitCode: 0 });
    const tf = await import('@tensorflow/tfjs');
    const json = JSON.parse(await readFile(join(scratch, 'site', 'model.json'), 'utf8'));
    const weights = new Uint8Array(await readFile(join(scratch, 'site', 'weights.bin')));
    const { paths, weights: weightSpecs } = json.weightsManifest[0];
    expect(paths).toEqual(['weights.bin']);
    const model = await tf.loadLayersModel({
      load: async () => ({ modelTopology: json.modelTopology, weightSpecs, weightData: weights.buffer }),
    });
    const images = tf.tensor(Float32Array.from(test.images), [test.count, 28, 28]);
    const answers = model.predict(images) as InstanceType<typeof tf.Tensor>;
    expectOurs(await answers.data());
    tf.dispose([images, answers]);
  });

  it('onnx: the onnx package checks it, and numpy runs it', async ({ skip }) => {
    const reason = missing('onnx') ?? missing('numpy');
    if (reason !== null) skip(reason);
    expect(await exported('--format', 'onnx', '--out', 'checked.onnx')).toMatchObject({ exitCode: 0 });
    const script = new URL('../support/python/run-onnx.py', import.meta.url).pathname;
    const args = ['checked.onnx', 'images', '28', '28', 'onnx.f32'];
    execFileSync(python, [script, ...args], { cwd: scratch });
    expectOurs(floats(join(scratch, 'onnx.f32')));
  });

  it('onnx: onnxruntime runs it', async ({ skip }) => {
    const folder = process.env['LOCKSTEP_ONNXRUNTIME'];
    if (folder === undefined) return skip('LOCKSTEP_ONNXRUNTIME names no folder with onnxruntime-node');
    expect(await exported('--format', 'onnx', '--out', 'run.onnx')).toMatchObject({ exitCode: 0 });
    const { InferenceSession, Tensor } = createRequire(join(folder, 'x.js'))('onnxruntime-node');
    const session = await InferenceSession.create(join(scratch, 'run.onnx'));
    const pixels = new Tensor('float32', Float32Array.from(test.images), [test.count, 28, 28]);
    const { probabilities, logits } = await session.run({ pixels });
    expect(logits.dims).toEqual([test.count, 10]);
    expectOurs(probabilities.data);
    await session.release();
  });

  it('safetensors: numpy reads it by the specification, and runs it', async ({ skip }) => {
    const reason = missing('numpy');
    if (reason !== null) skip(reason);
    const { stdout } = await exported();
    expect(stdout).toBe(`${join(run.folder, 'export', 'model.safetensors')}\n`);
    const script = new URL('../support/python/run-safetensors.py', import.meta.url).pathname;
    execFileSync(python, [script, stdout.trim(), 'images', 'safetensors.f32'], { cwd: scratch });
    expectOurs(floats(join(scratch, 'safetensors.f32')));
  });

  it('says what it wrote, and writes its own files again', async () => {
    for (let i = 0; i < 2; i++) {
      const { exitCode, stdout } = await exported('--format', 'tfjs', '--json');
      const folder = join(run.folder, 'export', 'tfjs');
      const files = [join(folder, 'weights.bin'), join(folder, 'model.json')];
      expect([exitCode, JSON.parse(stdout)]).toEqual([0, { format: 'tfjs', files }]);
      expect((await readdir(folder)).sort()).toEqual(['model.json', 'weights.bin']);
    }
  });

  it('writes over nothing that it did not make', async () => {
    await writeFile(join(scratch, 'thesis.doc'), 'x');
    const { exitCode, stderr } = await exported('--format', 'onnx', '--out', 'thesis.doc');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Error: thesis\.doc is there already\n {2}Why: .*\n {2}Mend: .*--out/);
    expect(await readFile(join(scratch, 'thesis.doc'), 'utf8')).toBe('x');
  });

  it.each([
    [['--format', 'pickle'], 2, /--format cannot be pickle\n.*safetensors or tfjs or onnx/],
    [['--out', ''], 2, /--out cannot be empty/],
    [['--out', join('images', 'model')], 1, /cannot be written\n.*ENOTDIR|EEXIST/],
    // mkdir's own `recursive` never returns from there
    [['--out', '/proc/nowhere/model'], 1, /cannot be written\n/],
  ])('refuses %j', async (args, code, message) => {
    const { exitCode, stdout, stderr } = await exported(...args);
    expect(stderr).toMatch(message);
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(existsSync(join(scratch, 'images', 'model'))).toBe(false);
  });
});
