// Data files that are far larger than they look, or than one read takes: what they cost in memory, told by the process itself.

import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectError, runCli } from '../support/run-cli.ts';
import { fileNames, idxFile, labelsFile, spoil, withFolder, writeTinyData } from '../support/tiny-data.ts';

const loader = fileURLToPath(new URL('../../dist/src/host/data/load-dataset.js', import.meta.url));
const none = new Uint8Array(0);

/** What a process that only loads the folder says of it, and the most memory that it had. */
async function loaded(folder: string): Promise<{ said: string; megabytes: number }> {
  const code = `
    const { loadDataset } = await import(process.argv[1]);
    const said = await loadDataset(process.argv[2]).then(({ train }) => train.count + ' images', ({ why }) => why);
    console.log(JSON.stringify({ said, megabytes: process.resourceUsage().maxRSS / 1024 }));`;
  const args = ['--input-type=module', '-e', code, loader, folder];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

/** A gzip file of `head` and `mebibytes` zeros behind it: a thousandth of that. */
async function writeBomb(path: string, head: Uint8Array, mebibytes: number): Promise<void> {
  function* pieces() {
    if (head.length > 0) yield head;
    const zeros = new Uint8Array(2 ** 20);
    for (let i = 0; i < mebibytes; i++) yield zeros;
  }
  await pipeline(Readable.from(pieces()), createGzip({ level: 9 }), createWriteStream(path));
}

/** So many images of 28x28, all black, that take no room on the disk. */
async function writeSparse(path: string, count: number): Promise<void> {
  await writeFile(path, idxFile([count, 28, 28], none));
  await truncate(path, 16 + count * 784);
}

describe('a data file', () => {
  it('of one megabyte that unpacks to a gibibyte costs no more than what its header says', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      const { megabytes: usual } = await loaded(folder);
      for (const [head, why] of [
        [idxFile([64, 28, 28], none), /which take 50192 bytes, but more comes/],
        [none, /begins with 0x00000000/],
        [idxFile([2 ** 32 - 1, 28, 28], none), /has 64 labels/],
      ] as const) {
        await writeBomb(join(folder, fileNames.trainImages), head, 1024);
        const { said, megabytes } = await loaded(folder);
        expect(said).toMatch(why);
        expect(megabytes).toBeLessThan(usual + 100);
      }
    });
  });

  it('whose header lies, so that labels and images agree on what is not there, costs nothing either', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      const { megabytes: usual } = await loaded(folder);
      await spoil(folder, 'trainImages', () => gzipSync(idxFile([5_000_000, 28, 28], new Uint8Array(1000))));
      await spoil(folder, 'trainLabels', () => gzipSync(idxFile([5_000_000], new Uint8Array(1000))));
      const { said, megabytes } = await loaded(folder);
      expect(said).toMatch(/header says 5000000 labels, which take 5000008 bytes, but the file has 1008/);
      expect(megabytes).toBeLessThan(usual + 100);
    });
  });

  const enough = freemem() > 8 * 2 ** 30;
  if (!enough) console.log('skipped: a data file of more than 2 GiB takes 5 GB of memory');
  it.runIf(enough)('of more than 2 GiB is read and trained on', async () => {
    await withFolder(async (folder) => {
      const count = 2_800_000;
      await writeTinyData(folder, { classes: 10 });
      await writeSparse(join(folder, fileNames.trainImages), count);
      const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
      await writeFile(join(folder, fileNames.trainLabels), labelsFile(labels));
      const args = ['train', '--data', folder, '--threads', '0', '--limit-train', '256', '--max-steps', '2'];
      const { exitCode, stderr } = await runCli([...args, '--no-report', '--out', join(folder, 'run')], {
        cwd: folder,
      });
      expect(exitCode, stderr).toBe(0);
    });
  });

  it('that cannot fit is refused before it is read, and it is said how many images would', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder, { classes: 10 });
      const count = 5_460_000;
      await writeSparse(join(folder, fileNames.trainImages), count);
      await writeFile(
        join(folder, fileNames.trainLabels),
        labelsFile(Uint8Array.from({ length: count }, (_, i) => i % 10)),
      );
      const refused = await runCli(['train', '--data', folder, '--quiet', '--out', join(folder, 'run')], {
        cwd: folder,
      });
      expectError(refused, 2, /does not fit into memory.*about 54\d{5} of these 5460000 would fit/s);
    });
  });
});
