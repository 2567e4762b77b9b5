import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultRunFolder, ReservedFolder, RunFolder } from '../../../coordinator/run-folder/run-folder.ts';
import { refusal } from '../../support/refusal.ts';
import { withFolder } from '../../support/tiny-data.ts';

describe('RunFolder', () => {
  it('is made with all that is above it, and has whole files', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'a', 'b', 'run');
      const run = await RunFolder.create(path, { epochs: 5 });
      await run.writeJson('history.json', []);
      await run.writeFile('model.safetensors', Uint8Array.of(1, 2));
      await run.writeJson('history.json', [1]);
      await run.close();
      expect(run.name).toBe('run');
      expect(await readdir(path)).toEqual(['config.json', 'history.json', 'model.safetensors']);
      expect(await readFile(join(path, 'config.json'), 'utf8')).toBe('{\n  "epochs": 5\n}\n');
      expect(await readFile(join(path, 'history.json'), 'utf8')).toBe('[\n  1\n]\n');
    });
  });

  it('takes an empty folder', async () => {
    await withFolder(async (folder) => {
      await (await RunFolder.create(folder, {})).close();
      expect(await readdir(folder)).toEqual(['config.json']);
    });
  });

  it('refuses a folder that is not empty, and leaves it alone', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, '.hidden'), 'x');
      const error = await refusal(() => RunFolder.create(folder, {}));
      expect(error.message).toMatch(/is not empty.*--out DIR/);
      expect(error.exitCode).toBe(2);
      expect(await readdir(folder)).toEqual(['.hidden']);
    });
  });

  it('takes the root of a fresh volume, and leaves its lost+found there', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'lost+found'));
      const run = await RunFolder.create(folder, {});
      await run.discard();
      expect(await readdir(folder)).toEqual(['lost+found']);
    });
  });

  it.each<[string[], string, RegExp]>([
    [['lost+found'], 'it holds "lost+found" already', /--out DIR, or leave --out out/],
    [['b', 'a'], 'it holds "a", "b" already', /--out DIR/],
    [['1', '2', '3', '4', '5', '6', '7'], 'it holds "1", "2", "3", "4", "5" and 2 more already', /--out DIR/],
    [['config.json'], 'it holds "config.json" already', /^Go on with the run there: lockstep train --resume /],
  ])('names what is in the way: files %j', async (names, why, mend) => {
    await withFolder(async (folder) => {
      for (const name of names) await writeFile(join(folder, name), 'x');
      const error = await refusal(() => RunFolder.create(folder, {}));
      expect(error.why).toContain(why);
      expect(error.mend).toMatch(mend);
    });
  });

  it('refuses a path that cannot be a folder', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'file'), 'x');
      for (const path of [join(folder, 'file'), join(folder, 'file', 'run'), '/proc/lockstep/run']) {
        const error = await refusal(() => RunFolder.create(path, {}));
        expect(error.what).toContain(path);
        expect(error.exitCode).toBe(2);
      }
      expect(await readdir(folder)).toEqual(['file']);
    });
  });

  it('leaves nothing where its first file cannot be written', async () => {
    await withFolder(async (folder) => {
      const unwritable = {
        toJSON() {
          throw new Error('no JSON');
        },
      };
      await expect(RunFolder.create(join(folder, 'a', 'run'), unwritable)).rejects.toThrow('no JSON');
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('explains a file that cannot be written, and leaves nothing of it', async () => {
    await withFolder(async (folder) => {
      const run = await RunFolder.create(join(folder, 'run'), {});
      await mkdir(join(run.path, 'model.safetensors'));
      const error = await refusal(() => run.writeFile('model.safetensors', new Uint8Array(437_544)));
      expect(error.what).toContain(join(run.path, 'model.safetensors'));
      expect(error.why).toContain('437544 bytes failed');
      expect(error.exitCode).toBe(1);
      await run.close();
      expect(await readdir(run.path)).toEqual(['config.json', 'model.safetensors']);
    });
  });

  it('takes back what it made, and nothing else', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'a', 'run');
      await (await RunFolder.create(path, {})).discard();
      expect(await readdir(folder)).toEqual([]);

      const run = await RunFolder.create(path, {});
      await writeFile(join(folder, 'a', 'other'), 'x');
      await run.discard();
      expect(await readdir(join(folder, 'a'))).toEqual(['other']);

      const given = join(folder, 'given');
      await mkdir(given);
      await (await RunFolder.create(given, {})).discard();
      expect(await readdir(given)).toEqual([]);
    });
  });
});

describe('a run folder that is gone on with', () => {
  it('loses what a killed process left half-written, and nothing else', async () => {
    await withFolder(async (folder) => {
      await (await RunFolder.create(folder, {})).close();
      for (const name of ['.config.json.tmp', '.lock.x', '.mine', 'report.html'])
        await writeFile(join(folder, name), 'x');
      const run = await RunFolder.open(folder, () => {});
      await run.writeJson('history.json', []);
      await run.discard();
      expect(await readdir(folder)).toEqual(['.mine', 'config.json', 'history.json', 'report.html']);
    });
  });

  it.each([
    'tensorboard',
    'figures',
    join('checkpoints', 'epochs'),
  ])('loses what is half-written in %s as well, finished or not', async (name) => {
    for (const take of [
      async (folder: string) => await (await RunFolder.open(folder, () => {})).close(),
      async (folder: string) => await RunFolder.tidy(folder, () => {}),
    ]) {
      await withFolder(async (folder) => {
        await mkdir(join(folder, name, '.a.tmp'), { recursive: true });
        for (const file of ['.b.tmp', '.mine', 'c.tmp']) await writeFile(join(folder, name, file), 'x');
        await take(folder);
        expect(await readdir(join(folder, name))).toEqual(['.a.tmp', '.mine', 'c.tmp']);
      });
    }
  });

  it('is held by one at a time', async () => {
    await withFolder(async (folder) => {
      const run = await RunFolder.create(folder, {});
      expect((await refusal(() => RunFolder.open(folder, () => {}))).what).toContain('is in use');
      await run.close();
      await (await RunFolder.open(folder, () => {})).close();
    });
  });

  it('may be taken anew where a process was killed before it had written config.json', async () => {
    await withFolder(async (folder) => {
      for (const name of ['.config.json.tmp', '.lock.x']) await writeFile(join(folder, name), 'x');
      await (await RunFolder.create(folder, {})).close();
      expect(await readdir(folder)).toContain('config.json');
    });
  });
});

describe('defaultRunFolder', () => {
  it('is named by the local time, with a suffix where that is taken', () => {
    const now = new Date(2026, 10, 3, 9, 5, 7);
    const first = join('runs', '2026-11-03T09-05-07');
    expect(defaultRunFolder(now, () => false)).toBe(first);
    expect(defaultRunFolder(now, (path) => path === first)).toBe(`${first}-2`);
    expect(defaultRunFolder(now, (path) => [first, `${first}-2`].includes(path))).toBe(`${first}-3`);
  });
});

describe('ReservedFolder', () => {
  const now = new Date(2026, 10, 3, 9, 5, 7);

  it('gives each of many runs of the same second its own', async () => {
    await withFolder(async (folder) => {
      const reserved = await Promise.all(Array.from({ length: 8 }, () => ReservedFolder.reserve(now, folder)));
      expect(new Set(reserved.map(({ path }) => path)).size).toBe(8);
      expect(await readdir(join(folder, 'runs'))).toHaveLength(8);
      await Promise.all(reserved.map((each) => each.release()));
    });
  });

  it('goes back, with runs/ if it made that, unless something is in it', async () => {
    await withFolder(async (folder) => {
      await (await ReservedFolder.reserve(now, folder)).release();
      expect(await readdir(folder)).toEqual([]);

      const used = await ReservedFolder.reserve(now, folder);
      const run = await RunFolder.create(used.path, {});
      await run.close();
      await used.release();
      expect(await readdir(used.path)).toEqual(['config.json']);
      await run.discard();
      await used.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('explains that it cannot be made', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'runs'), 'a file');
      const error = await refusal(() => ReservedFolder.reserve(now, folder));
      expect(error.message).toMatch(/cannot be made: .*--out DIR/);
    });
  });
});
