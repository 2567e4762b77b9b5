// --expect-digest of whole runs. Needs dist/.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { withFolder, writeTinyData } from '../support/tiny-data.ts';

test('a run that comes to another digest ends with 3, and is whole; also when it is asked again', {
  timeout: 60_000,
}, async () => {
  await withFolder(async (folder) => {
    await writeTinyData(join(folder, 'data'), { train: 60, test: 20, classes: 3 });
    const out = join(folder, 'run');
    const flags = [
      '--data',
      'data',
      '--val-size',
      '10',
      '--hidden',
      '4',
      '--epochs',
      '2',
      '--threads',
      '1',
      '--verbose',
    ];
    const wrong = '0123456789abcdef';
    const ran = await runCli(['train', ...flags, '--out', out, '--json', '--expect-digest', wrong], { cwd: folder });
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toContain('The run came to another digest than the expected one');
    const { digest, stateDigest } = JSON.parse(ran.stdout);
    expect(ran.stderr).toContain(digest);
    // of the last epoch, with --verbose
    expect(ran.stderr).toMatch(new RegExp(`Epoch 2/2, .*, State: ${stateDigest.slice(0, 16)}\n`));
    const again = (...expected: string[]) => runCli(['train', '--resume', out, '--json', ...expected], { cwd: folder });
    expect(await again('--expect-digest', wrong)).toMatchObject({ exitCode: 3 });
    expect(await again('--expect-digest', stateDigest.slice(0, 16))).toMatchObject({ exitCode: 0 });
    const short = await again('--expect-digest', 'abc');
    expect(short.exitCode).toBe(2);
    expect(short.stderr).toContain('the first 16 to 64 hex digits of a digest');
  });
});
