import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../src/host/files/config-file.ts';
import { refusal } from '../../support/refusal.ts';
import { withFolder } from '../../support/tiny-data.ts';

describe('readConfigFile', () => {
  it('reads an object, with or without a byte order mark', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'config.json');
      await writeFile(path, '{"epochs": 3}');
      expect((await readConfigFile(path)).values).toEqual({ epochs: 3 });
      await writeFile(path, '\uFEFF{"epochs": 4}');
      expect((await readConfigFile(path)).values).toEqual({ epochs: 4 });
      // PowerShell's >
      await writeFile(path, Buffer.from('\uFEFF{"epochs": 5}\r\n', 'utf16le'));
      expect((await readConfigFile(path)).values).toEqual({ epochs: 5 });
      await writeFile(path, Buffer.from('\uFEFF{"epochs": 6}', 'utf16le').swap16());
      expect((await readConfigFile(path)).values).toEqual({ epochs: 6 });
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

  it.each([
    '{"pushgateway":http://user:secret@h}',
    '{"pushgateway": user:secret@h}',
    'http://user:secret@h',
    '{"pushgateway": "http://user:se"cret@h"}',
    '"secret@h" secret',
    '{"p":"http://u:secret@h"x',
  ])('tells nothing of a password that stands in it: %s', async (text) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'config.json');
      await writeFile(path, text);
      const error = await refusal(() => readConfigFile(path));
      expect(`${error.message}${error.stack}`).not.toMatch(/se"?c|user|use"/);
      expect(error.why).toMatch(/^it is not JSON: \w/);
      expect(error.cause).toBeUndefined();
    });
  });

  it('refuses what is no text', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'config.json');
      await writeFile(path, Buffer.from('{"data": "d\xe9"}', 'latin1'));
      expect((await refusal(() => readConfigFile(path))).why).toBe('it is not UTF-8 text');
      await writeFile(path, Buffer.from([0xff, 0xfe, 0x7b]));
      expect((await refusal(() => readConfigFile(path))).why).toBe('it is not UTF-16 text');
    });
  });

  it('refuses what it cannot read', async () => {
    await withFolder(async (folder) => {
      expect((await refusal(() => readConfigFile(join(folder, 'none')))).why).toContain('ENOENT');
      expect((await refusal(() => readConfigFile(folder))).why).toContain('EISDIR');
    });
  });
});
