// `lockstep audit` on runs that are what they say, and on runs that somebody changed.

import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { layoutOf } from '../../src/model/layout.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, verifyCheckpoint } from '../../src/run/checkpoint.ts';
import { emptyChain, type Receipt, receiptLine } from '../../src/run/receipts.ts';
import { runCli } from '../support/run-cli.ts';
import { runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
let whole: string;
let counter = 0;

// 300 samples in batches of 32 make 10 steps; three epochs, checkpoints after 20, 25 and 30 steps stay
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-audit-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 350, test: 40, classes: 4 });
  whole = join(folder, 'run');
  const options = { data, valSize: 50, batchSize: 32, hidden: [12, 7], epochs: 2, checkpointEvery: 5, threads: 2 };
  await runOnDisk({ ...options, out: whole });
  // a change on the way
  await runOnDisk({ resume: whole, epochs: 3, lr: 0.01, allowChange: ['lr'], threads: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function audit(run: string, ...flags: string[]) {
  const { exitCode, stdout, stderr } = await runCli(['audit', run, '--json', ...flags], { cwd: folder });
  return { exitCode, stderr, result: stdout === '' ? null : JSON.parse(stdout) };
}

/** The run with its receipts changed, and linked anew by somebody who knows how. */
async function withReceipts(change: (receipts: Receipt[]) => void): Promise<string> {
  const run = join(folder, `run-${counter++}`);
  await cp(whole, run, { recursive: true });
  const text = await readFile(join(run, 'receipts.jsonl'), 'utf8');
  const receipts = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { link: _, ...receipt } = JSON.parse(line);
      return receipt as Receipt;
    });
  change(receipts);
  let { link } = emptyChain;
  const lines = receipts.map((receipt) => {
    const made = receiptLine(receipt, link);
    link = made.link;
    return made.line;
  });
  await writeFile(join(run, 'receipts.jsonl'), lines.join(''));
  return run;
}

async function withCheckpoint(step: string, change: (checkpoint: Checkpoint) => void): Promise<string> {
  const run = join(folder, `run-${counter++}`);
  await cp(whole, run, { recursive: true });
  const at = join(run, 'checkpoints', step);
  const written = await readFile(join(at, 'state.safetensors'));
  const verified = verifyCheckpoint(await readFile(join(at, 'state.json'), 'utf8'), written);
  if ('why' in verified) throw new Error(verified.why);
  const layout = layoutOf([784, 12, 7, 4]);
  const checkpoint = decodeCheckpoint(layout, verified.body, written)!;
  change(checkpoint);
  const { tensors, state } = encodeCheckpoint(layout, checkpoint);
  await writeFile(join(at, 'state.json'), state);
  await writeFile(join(at, 'state.safetensors'), tensors);
  return run;
}

test.each([
  [['--all'], 30],
  [['--all', '--threads', '0'], 30],
  [[], 5],
  [['--steps', '3,28'], 4 + 4],
])('a run that is what it says: %j', async (flags, steps) => {
  const { exitCode, stderr, result } = await audit(whole, ...flags);
  expect(result).toMatchObject({ equal: true, finding: null, steps, of: 30, share: steps / 30 });
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`Computing ${steps} of 30 steps again`);
});

test('a share of the steps', async () => {
  expect(await audit(whole, '--share', '1')).toMatchObject({ exitCode: 0, result: { steps: 30, equal: true } });
  expect(await audit(whole, '--share', '0.1')).toMatchObject({ exitCode: 0, result: { equal: true } });
});

test('of a share, however small, one step at least is computed', async () => {
  const { exitCode, stdout } = await runCli(['audit', whole, '--share', '1e-9'], { cwd: folder });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^[1-9]\d* of 30 steps .* all are as the receipts say/m);
});

test('receipts that were cut short end with 3, though each line fits the one before', async () => {
  const shorter = await withReceipts((receipts) => receipts.splice(12));
  expect(await audit(shorter, '--all')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('and there is a checkpoint of step 30'),
  });
  // without checkpoints it is the summary that tells
  await rm(join(shorter, 'checkpoints'), { recursive: true });
  expect(await audit(shorter, '--all')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('do not end as the run did'),
  });
});

test('receipts that begin later, as where they were lost, say so', async () => {
  const run = join(folder, `run-${counter++}`);
  await cp(whole, run, { recursive: true });
  await rm(join(run, 'receipts.jsonl'));
  await runOnDisk({ resume: run, epochs: 4, threads: 0 });
  expect(await audit(run, '--all')).toMatchObject({
    exitCode: 0,
    result: { steps: 10, of: 40, from: 30, equal: true },
  });
  const { stdout } = await runCli(['audit', run, '--all'], { cwd: folder });
  expect(stdout).toContain('They begin after 30 steps: of those before, nothing is shown');
});

test('receipts that end with another state than the summary', async () => {
  const run = join(folder, `run-${counter++}`);
  await cp(whole, run, { recursive: true });
  const path = join(run, 'summary.json');
  const summary = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...summary, stateDigest: other }));
  const { exitCode, stderr } = await audit(run);
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`and summary.json tells of ${other.slice(0, 12)}`);
});

const other = createHash('sha256').update('other').digest('hex');

test('a step whose receipt is another, and all behind it linked anew', async () => {
  const run = await withReceipts((receipts) => {
    const at = receipts.findIndex((receipt) => 'parameters' in receipt && receipt.step === 13);
    receipts[at] = { step: 13, parameters: other.slice(0, 32) };
  });
  const { exitCode, result } = await audit(run, '--all');
  expect(exitCode).toBe(3);
  expect(result.finding).toMatchObject({ step: 13, what: 'parameters', receipt: other.slice(0, 32) });
  // checkpoints are what was computed
  expect(result.finding.tensor).toBe(null);
  const text = await runCli(['audit', run, '--steps', '12'], { cwd: folder });
  expect(text.stdout).toContain('the parameters after 13 steps (that step 12 made) are not those of the receipts');
  // it is not among the last steps
  expect(await audit(run)).toMatchObject({ exitCode: 0 });
});

test('a receipt of a state that is another', async () => {
  const run = await withReceipts((receipts) => {
    const at = receipts.findIndex((receipt) => 'state' in receipt && receipt.step === 10);
    receipts[at] = { step: 10, state: other };
  });
  const { exitCode, result } = await audit(run, '--steps', '9');
  expect(exitCode).toBe(3);
  expect(result.finding).toMatchObject({ step: 10, what: 'state', receipt: other });
});

test('a checkpoint of which a bit of a moment was flipped, and which was sealed again', async () => {
  const run = await withCheckpoint('step-00000025', ({ state }) => {
    new Uint32Array(state.secondMoments.buffer)[40]! ^= 1 << 20;
  });
  const { exitCode, result } = await audit(run, '--steps', '29');
  expect(exitCode).toBe(3);
  expect(result.finding).toMatchObject({
    step: 25,
    what: 'checkpoint',
    tensor: { name: 'fc1.weight.exp_avg_sq', step: 25 },
  });
  const text = await runCli(['audit', run], { cwd: folder });
  expect(text.stdout).toContain('NOT equal: the checkpoint of step 25 is not the state of the receipts\n');
  expect(text.stdout).toContain('The first tensor that differs, at the checkpoint of step 25: fc1.weight.exp_avg_sq\n');
});

test('receipts of which a character was changed prove nothing', async () => {
  const run = join(folder, `run-${counter++}`);
  await cp(whole, run, { recursive: true });
  const path = join(run, 'receipts.jsonl');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"step":7,', '"step":8,'));
  const { exitCode, stderr } = await audit(run);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('line 9: its link is not that of this line behind the one before');
  await rm(path);
  expect(await audit(run)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('has no receipts') });
});

test.each([
  [['--all', '--share', '0.5'], '--share and --all cannot both be given'],
  [['--steps', '30'], 'tell of no step 30'],
  [['--share', '0'], 'a number above 0 and at most 1'],
  [['--steps', 'x'], 'a list of step numbers'],
])('refused: %j', async (flags, why) => {
  const { exitCode, stderr } = await audit(whole, ...flags);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(why);
});
