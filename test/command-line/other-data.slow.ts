// `evaluate` and `report` with --data: the run's own data at another place, where a test set was drawn from them, and other data
// whose classes are called the same and numbered otherwise.

import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';

/** An image shows its class by where it is bright: classes are words, so that their numbers depend on which there are. */
const classes = ['cat', 'dog', 'owl'];
const table = (count: number, of: (row: number) => number) => {
  const rows = Array.from({ length: count }, (_, row) => {
    const shown = of(row);
    const pixels = Array.from({ length: 64 }, (_, p) =>
      Math.floor(p / 22) === shown ? 180 + ((row * 7 + p) % 60) : (row + p) % 9,
    );
    return [classes[shown], ...pixels].join(',');
  });
  return `${['label', ...Array.from({ length: 64 }, (_, p) => `pixel${p}`)].join(',')}\n${rows.join('\n')}\n`;
};

let folder: string;
const cli = async (...args: string[]) => {
  const found = await runCli(args, { cwd: folder });
  expect(found.exitCode, found.stderr).toBe(0);
  return found;
};
const evaluated = async (...args: string[]) => {
  const { stdout, stderr } = await cli('evaluate', 'run', '--json', ...args);
  return { ...JSON.parse(stdout.trimEnd().split('\n').at(-1)!), stderr };
};
let summary: { test: object; epochs: readonly { validation: object }[] };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-other-data-'));
  await writeFile(
    join(folder, 'data.csv'),
    table(240, (row) => row % 3),
  );
  const { stdout } = await cli(
    ...['train', '--data', 'data.csv', '--test-size', '60', '--val-size', '30', '--out', 'run', '--hidden', '8'],
    ...['--epochs', '2', '--batch-size', '16', '--threads', '0', '--no-augment', '--no-report', '--json'],
  );
  summary = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  await rename(join(folder, 'data.csv'), join(folder, 'moved.csv'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('of the data of a run that lie elsewhere, the test set is drawn as the run drew it', async () => {
  expect(await evaluated('--data', 'moved.csv', '--test-size', '60')).toMatchObject({ samples: 60, ...summary.test });
  const validation = await evaluated('--data', 'moved.csv', '--split', 'validation');
  expect(validation).toMatchObject({ samples: 30, ...summary.epochs.at(-1)!.validation });
  await cli('report', 'run', '--data', 'moved.csv');
  expect(await readFile(join(folder, 'run/report.html'), 'utf8')).toContain('of 60');
});

it('all images of data that are not divided are evaluated, and it is said which the run was trained on', async () => {
  const { samples, stderr } = await evaluated('--data', 'moved.csv');
  expect(samples).toBe(240);
  expect(stderr).toContain('all 240 images are evaluated. If they are those of the run, --test-size 60 takes');
});

it('classes of other data are found by their names', async () => {
  // owls alone are class 0 there, and 2 of the run
  await writeFile(
    join(folder, 'owls.csv'),
    table(20, () => 2),
  );
  const { samples, confusion } = await evaluated('--data', 'owls.csv');
  expect(samples).toBe(20);
  expect(confusion.map((row: number[]) => row.reduce((a, b) => a + b))).toEqual([0, 0, 20]);
  expect(confusion[2][2]).toBeGreaterThan(10);
});
