// Run folders that 0.1.0 wrote (test/golden/run-0.1.0): they are evaluated, reported and resumed to the digests that 0.1.0
// itself came to.

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { digestOf } from '../../src/run/digest.ts';
import { runCli } from '../support/run-cli.ts';
import { bitsOnDisk, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { withFolder } from '../support/tiny-data.ts';

const runs = fileURLToPath(new URL('../golden/run-0.1.0/', import.meta.url));
/** The newest checkpoint of the interrupted one. */
const interruptedAt = 9;
/** Of the finished run; the interrupted one has the same configuration. */
const right = {
  digest: 'ffc5415c60b3e005efb392fcb438f5d3d9bcad35316c6b32db63795c2f97cd23',
  stateDigest: '4e4ef3764740cfc3d1a4ee22473f6777320587aadae2a115ef2d794fb2961234',
  test: { loss: 2.138749405409669, accuracy: 0.2542 },
};

async function withRun(name: 'finished' | 'interrupted', use: (run: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const run = join(folder, name);
    await cp(join(runs, name), run, { recursive: true });
    await use(run);
  });
}

describe('a run of 0.1.0', () => {
  test('that was interrupted in mid-epoch goes on to the bits of 0.1.0', async () => {
    await withRun('interrupted', async (run) => {
      const ran = await runOnDisk({ resume: run, threads: 2 });
      expect(ran.summary).toMatchObject(right);
      expect(warningsOf(ran)).toEqual([]);
      const { history, receipts } = await bitsOnDisk(run);
      // 0.1.0 had no digests in its history
      const figures = history.map(({ stateDigest, ...rest }) => rest);
      expect(figures).toEqual((await bitsOnDisk(join(runs, 'finished'))).history);
      expect(history.at(-1)!.stateDigest).toBe(right.stateDigest);
      // and no receipts: they begin where it goes on
      expect(receipts).toMatchObject({ numerics: 1, from: interruptedAt });
      expect(receipts!.hashes).toHaveLength(history.at(-1)!.steps - interruptedAt + 1);
    });
  });

  test('that is finished tells its summary, and goes on with more epochs', async () => {
    await withRun('finished', async (run) => {
      expect((await runOnDisk({ resume: run })).summary).toMatchObject(right);
      const { summary } = await runOnDisk({ resume: run, epochs: 4, threads: 0 });
      expect(summary.epochs.length).toBe(4);
    });
  });

  test('is evaluated and reported', { timeout: 120_000 }, async () => {
    await withRun('finished', async (run) => {
      const { model } = await readTrainedModel(run);
      expect(digestOf(model.parameters)).toBe(right.digest);
      const evaluated = await runCli(['evaluate', run, '--json'], { cwd: '.' });
      expect(evaluated).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(evaluated.stdout)).toMatchObject({ ...right.test, digest: right.digest });
      const reported = await runCli(['report', run], { cwd: '.' });
      expect(reported).toMatchObject({ exitCode: 0, stderr: '' });
      expect(reported.stdout).toContain('report.html');
    });
  });
});
