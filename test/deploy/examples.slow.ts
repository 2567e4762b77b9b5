// The programs of deploy/examples, as a user starts them, from the built package.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyData } from '../support/tiny-data.ts';

const folder = fileURLToPath(new URL('../../deploy/examples/', import.meta.url));
const run = promisify(execFile);
let data: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'lockstep-examples-'));
  await writeTinyData(data, { train: 2100, test: 16 });
});
afterAll(async () => await rm(data, { recursive: true, force: true }));

async function output(program: string, ...args: string[]): Promise<string> {
  return (await run(process.execPath, [join(folder, program), ...args])).stdout;
}

describe('an example', () => {
  test('watches a run, and shows the code of an error', async () => {
    expect(await output('watch-a-run.mjs', data)).toMatch(
      /^\d+ parameters, 2000 samples\nepoch 1: loss .+\nepoch 2: loss .+\ntest accuracy .+, digest [0-9a-f]{64}\n$/,
    );
    await expect(output('watch-a-run.mjs', join(data, 'none'))).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^ERR_LOCKSTEP_DATA_/),
    });
  });

  test('gives up on the rate that falls behind', async () => {
    const shown = await output('sweep.mjs', data);
    expect(shown).toContain('lr 0.00001 was given up\n');
    expect(shown).toMatch(/\nbest: lr 0\.00[13], .+ digest [0-9a-f]{64}\n$/);
  });

  test('has the same digest with a worker and without', async () => {
    const [, together, alone] = (await output('cluster.mjs', data)).split('\n');
    expect(together).toMatch(/^with a worker [0-9a-f]{64}$/);
    expect(alone!.slice(-64)).toBe(together!.slice(-64));
  });
});
