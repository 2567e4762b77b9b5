// A run whose config.json somebody edited: what is wrong in it is told with its line.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRun } from '../../../coordinator/run-folder/read-run.ts';
import { configForFile, resolveOptions } from '../../../src/options/config.ts';
import { runConfigOf } from '../../../src/run/run-record.ts';
import { refusal } from '../../support/refusal.ts';
import { withFolder } from '../../support/tiny-data.ts';

it.each([
  ['epochs', 0, 'cannot be 0: it must be an integer from 1'],
  ['augment', 'yes', 'cannot be "yes": it must be none, or'],
])('%s: %j', async (key, value, why) => {
  const config = configForFile(resolveOptions({}, null));
  const facts = { config: { ...config, [key]: value }, engine: 'wasm', dataDigest: '0'.repeat(64) };
  const text = JSON.stringify(runConfigOf(facts, '0.2.0', []), null, 2);
  const line = 1 + text.split('\n').findIndex((one) => one.startsWith(`  "${key}"`));
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'config.json'), text);
    const error = await refusal(() => readRun(folder));
    expect(error.what).toBe(`The run in ${folder} cannot be resumed`);
    expect(error.why).toContain(
      `"${key}" in the configuration file ${join(folder, 'config.json')}, line ${line} ${why}`,
    );
  });
});
