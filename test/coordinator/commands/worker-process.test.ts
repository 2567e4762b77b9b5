// What a worker of `verify` and `bench` finds in its environment. In place of the command line stands a program that writes it down.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { startWorker } from '../../../coordinator/commands/worker-process.ts';
import { withFolder } from '../../support/tiny-data.ts';

afterEach(() => vi.unstubAllEnvs());

it('is the token and nothing else that could be a flag of its own', async () => {
  vi.stubEnv('LOCKSTEP_TOKEN', 'of both');
  for (const name of ['NAME', 'DATA', 'THREADS', 'KEEP_ALIVE', 'TOKEN_FILE', 'WIDE'])
    vi.stubEnv(`LOCKSTEP_${name}`, '1');
  await withFolder(async (folder) => {
    const cli = join(folder, 'cli.mjs');
    const write = `writeFileSync(${JSON.stringify(join(folder, 'env.json'))}, JSON.stringify(process.env))`;
    await writeFile(cli, `import { writeFileSync } from 'node:fs';\n${write};\n`);
    await startWorker(cli, 'ws://127.0.0.1:1').ended;
    const env = JSON.parse(await readFile(join(folder, 'env.json'), 'utf8'));
    const own = Object.entries(env).filter(([name]) => name.startsWith('LOCKSTEP_'));
    expect(Object.fromEntries(own)).toEqual({ LOCKSTEP_TOKEN: 'of both', LOCKSTEP_WIDE: '0' });
    expect(env.PATH).toBe(process.env['PATH']);
  });
});
