// `lockstep replay`, as it is typed: table, JSON, files, and what is refused.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { runCli } from '../support/run-cli.ts';
import { contentOf, runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
let stateDigests: Map<number, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-replay-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 340, test: 40, classes: 4 });
  const out = join(folder, 'run');
  const short = { data, valSize: 50, batchSize: 32, hidden: [12], epochs: 2, threads: 0, keepLast: 100 };
  await runOnDisk({ ...short, checkpointEvery: 5, out });
  const names = await readdir(join(out, 'checkpoints'));
  const states = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(out, 'checkpoints', name, 'state.json'), 'utf8'))),
  );
  stateDigests = new Map(states.map(({ step, stateDigest }) => [step, stateDigest]));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const replay = async (...args: string[]) => await runCli(['replay', 'run', ...args], { cwd: folder });

describe('lockstep replay', () => {
  it('shows the step between two states, from which the checkpoints are', async () => {
    const before = await contentOf(join(folder, 'run'));
    const json = await replay('--step', '14', '--threads', '2', '--json');
    expect(json.stderr).toContain('Computing 5 steps again, from the checkpoint of step 10');
    const found = JSON.parse(json.stdout);
    expect(found).toMatchObject({ step: 14, epoch: 2, stepInEpoch: 4, samples: 32, cost: 4, files: [] });
    expect(found.after.stateDigest).toBe(stateDigests.get(15));
    const at = JSON.parse((await replay('--step', '15', '--json')).stdout);
    expect(at.before).toEqual(found.after);
    expect(at.cost).toBe(0);
    const { stdout } = await replay('--step', '14', '--shard', '2');
    expect(stdout).toContain(found.before.stateDigest);
    expect(stdout).toMatch(/fc1\.weight +\d\.\d{4}e[+-]\d/);
    expect(stdout).toMatch(/Shard +2: 4 samples/);
    expect(await contentOf(join(folder, 'run'))).toEqual(before);
  });

  it('writes states, gradient, update and the images of a shard', async () => {
    const { stdout } = await replay('--step', '3', '--shard', '1', '--dump', 'dump', '--json');
    const { shard, files } = JSON.parse(stdout);
    expect(shard.samples).toHaveLength(4);
    expect(files).toHaveLength(9);
    const tensors = async (name: string) => {
      const read = decodeSafetensors(await readFile(join(folder, 'dump', name)), name);
      return new Map(read.tensors.map(({ name, data }) => [name, data]));
    };
    const [before, after, update] = await Promise.all(
      ['before', 'after', 'update'].map(async (name) => await tensors(`${name}.safetensors`)),
    );
    expect([...after!.keys()]).toContain('fc2.bias.exp_avg_sq');
    for (const [name, values] of update!) {
      const difference = after!.get(name)!.map((value, i) => value - before!.get(name)![i]!);
      expect(values).toEqual(difference);
    }
    const images = files.filter((file: string) => file.endsWith('.png'));
    expect(images).toHaveLength(4);
    for (const [i, { image, label }] of shard.samples.entries()) {
      expect(images[i]).toBe(join('dump', 'shard-1', `00${i}-image-${image}-label-${label}.png`));
      expect(PNG.sync.read(await readFile(join(folder, images[i])))).toMatchObject({ width: 28, height: 28 });
    }
    const again = await replay('--step', '3', '--dump', 'dump');
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('dump is there already')]);
  });

  it.each([
    [['--step', '20'], /run has no step 20.*it did 20 steps, 0 to 19.*at most 19/s],
    [['--step', '3', '--shard', '8'], /no shard 8.*cut into 8, 0 to 7/s],
    [['--step', '-1'], /--step cannot be -1/],
    [[], /--step is missing/],
    [['--step', '3', '--data', 'nowhere'], /nowhere/],
  ])('refuses %j in words', async (args, words) => {
    const { exitCode, stderr, stdout } = await replay(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
  });
});
