// Neither the command line nor the library leaves code to the compiler that computes wrong on Node 26. On other versions all of
// these are right, with it and without.

import { spawnSync } from 'node:child_process';
import { beforeAll, expect, it } from 'vitest';

/** Of five rounds of a loop, after `program` in its own process. */
function wrongAfter(...program: string[]): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--import', './test/support/peeled-loop.mjs', ...program], {
    encoding: 'utf8',
  });
  return /computed wrong: .*/.exec(stderr)?.[0];
}

beforeAll(() => {
  console.log(`with that compiler, ${process.version}: ${wrongAfter('--eval', '0')}`);
});

it.each([
  ['the command line', ['dist/src/cli.js', '--version']],
  ['the library', ['--input-type=module', '--eval', "await import('lockstep')"]],
  [
    'its threads',
    [
      '--input-type=module',
      '--eval',
      `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    await import('lockstep');
    await once(new Worker(new URL('test/support/peeled-loop.mjs', 'file://' + process.cwd() + '/')), 'exit');
    process.removeAllListeners('exit');
  `,
    ],
  ],
])('%s: a loop that the compiler peels is right', (_, program) => {
  expect(wrongAfter(...program)).toBe('computed wrong: 0 of 5');
});
