import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../coordinator/config-file.ts';
import { refusal } from '../support/refusal.ts';
import { withFolder } from '../support/tiny-data.ts';

describe('readConfigFile', () => {
  it('reads an object, with or without a byte order mark', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'config.json');
      await writeFile(path, '{"epochs": 3}');
      expect(await readConfigFile(path)).toEqual({ epochs: 3 });
      await writeFile(path, '\uFEFF{"epochs": 4}');
      expect(await readConfigFile(path)).toEqual({ epochs: 4 });
    });
  });

  it.each([
    ['', /not JSON/],
    ['{"epochs": 3,}', /not JSON/],
    ['[1]', /does not hold a JSON object/],
    ['null', /does not hold a JSON object/],
    ['"text"', /does not hold a JSON object/],
  ])('refuses %j', async (text, why) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'config.json');
      await writeFile(path, text);
      const error = await refusal(() => readConfigFile(path));
      expect(error.what).toContain(path);
      expect(error.why).toMatch(why);
      expect(error.exitCode).toBe(2);
    });
  });

  it('refuses what it cannot read', async () => {
    await withFolder(async (folder) => {
      expect((await refusal(() => readConfigFile(join(folder, 'none')))).why).toContain('ENOENT');
      expect((await refusal(() => readConfigFile(folder))).why).toContain('EISDIR');
    });
  });
});
