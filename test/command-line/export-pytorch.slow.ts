// lockstep export --format pytorch and card, read by those whom they are for: PyTorch itself, Python, the hub's own library.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { infer } from '../../coordinator/evaluation/inference.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { pytorchModule } from '../../src/formats/pytorch-module.ts';
import { encodePng } from '../../src/image/png-encode.ts';
import { wiring } from '../../src/library.ts';
import { mnistData } from '../support/golden.ts';
import { runCli } from '../support/run-cli.ts';
import { type TrainedRun, trainedRun } from '../support/trained-run.ts';

const count = 2000;
const tolerance = 1e-4;

let run: TrainedRun;
let scratch: string;
beforeAll(async () => {
  run = await trainedRun({ normalize: '0.1307,0.3081' });
  scratch = await mkdtemp(join(tmpdir(), 'lockstep-pytorch-'));
});
afterAll(async () => {
  await run.remove();
  await rm(scratch, { recursive: true, force: true });
});

/** Why a test of these modules cannot be, or null. */
function lacks(...modules: readonly string[]): string | null {
  const find = 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))';
  try {
    execFileSync('python3', ['-c', find, ...modules]);
    return null;
  } catch {
    return `python3 with ${modules.join(', ')} is not here (pip install)`;
  }
}

function python(cwd: string, script: string): string {
  return execFileSync('python3', ['-c', script], { cwd, encoding: 'utf8' });
}

describe('lockstep export --format pytorch', () => {
  it('gives our probabilities on test images, and says what a picture shows', async ({ skip }) => {
    const reason = lacks('torch', 'safetensors', 'PIL');
    if (reason !== null) skip(reason);
    expect((await runCli(['export', run.folder, '--format', 'pytorch'], { cwd: scratch })).exitCode).toBe(0);
    const folder = join(run.folder, 'export', 'pytorch');
    const { test: all } = await mnistData();
    const set = { ...all, count, images: all.images.subarray(0, count * 784), labels: all.labels.subarray(0, count) };
    await writeFile(join(folder, 'images'), set.images);
    const script = `
import torch
from model import load
pixels = torch.frombuffer(bytearray(open("images", "rb").read()), dtype=torch.uint8).reshape(-1, 28, 28)
with torch.inference_mode():
    open("logits.f32", "wb").write(load()(pixels).softmax(1).contiguous().numpy().tobytes())`;
    python(folder, script);
    const bytes = await readFile(join(folder, 'logits.f32'));
    const theirs = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const ours = await infer((await readTrainedModel(run.folder)).model, set, 0, wiring);
    expect(theirs).toHaveLength(ours.probabilities.length);
    const largest = theirs.reduce((most, p, i) => Math.max(most, Math.abs(p - ours.probabilities[i]!)), 0);
    expect(largest).toBeLessThan(tolerance);

    const seven = new URL('../golden/digits/7.png', import.meta.url).pathname;
    const shown = execFileSync('python3', [join(folder, 'model.py'), seven], { encoding: 'utf8' });
    const { stdout } = await runCli(['predict', run.folder, seven, '--json'], { cwd: scratch });
    const { prediction, confidence } = JSON.parse(stdout).files[0];
    const [, label, chance] = /7\.png": "(\d)" (\d\.\d{4})\n$/.exec(shown)!;
    expect(Number(label)).toBe(prediction);
    expect(Math.abs(Number(chance) - confidence)).toBeLessThan(tolerance);

    const large = join(scratch, 'large.png');
    await writeFile(large, encodePng(30, 28, 1, new Uint8Array(30 * 28)));
    const refused = spawnSync('python3', [join(folder, 'model.py'), large], { encoding: 'utf8' });
    expect([refused.status, refused.stderr]).toEqual([
      1,
      `${large} has 30x28 pixels, and 28x28 are needed: lockstep predict takes any\n`,
    ]);
  });

  it('takes names of classes that are code for names', async ({ skip }) => {
    const reason = lacks('torch', 'safetensors');
    if (reason !== null) skip(reason);
    const { model } = await readTrainedModel(run.folder);
    const names = [
      '"""\nopen("broken", "w")\n"""',
      "'); open('broken', 'w') #",
      '\\',
      '\\N{BULLET}\\x41',
      '\u2028',
      '😀',
      '\ud800',
      '{open("broken", "w")}',
      '\0',
      'plain',
    ];
    const folder = join(scratch, 'named');
    await mkdir(folder);
    const about = { model, classNames: names, name: names[0]!, digest: 'd', test: null };
    await writeFile(join(folder, 'model.py'), pytorchModule(about));
    expect(JSON.parse(python(folder, 'import json, model; print(json.dumps(model.CLASSES))'))).toEqual(names);
    expect(python(folder, 'import os; print("broken" in os.listdir())')).toBe('False\n');
  });
});

describe('lockstep export --format card', () => {
  it("is read by the hub's own library, with the figures of the run", async ({ skip }) => {
    const reason = lacks('huggingface_hub');
    if (reason !== null) skip(reason);
    const out = join(scratch, 'README.md');
    expect((await runCli(['export', run.folder, '--format', 'card', '--out', out], { cwd: scratch })).exitCode).toBe(0);
    const script = `
import json
from huggingface_hub import ModelCard
data = ModelCard.load("README.md").data
print(json.dumps({"name": data.model_name, **{r.metric_type: r.metric_value for r in data.eval_results}}))`;
    const { accuracy, loss } = run.summary.test;
    expect(JSON.parse(python(scratch, script))).toEqual({ name: 'run', accuracy, loss });
    expect(await readFile(out, 'utf8')).toContain(
      `lockstep train --epochs 1 --normalize 0.1307,0.3081 --limit-train 6000 --expect-digest ${run.summary.digest}`,
    );
  });
});
