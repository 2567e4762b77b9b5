// What the command line says where tfjs-node cannot be had. Needs dist/.

import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../support/run-cli.ts';
import { writeTfjsPackage } from '../../support/tfjs-package.ts';
import { withFolder } from '../../support/tiny-data.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A copy of the program beside all of its dependencies but those of tfjs-node. */
async function copyProgram(folder: string): Promise<string> {
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  const names = await readdir(join(root, 'node_modules'));
  const wanted = names.filter((name) => !name.startsWith('.') && name !== '@tensorflow');
  await Promise.all(wanted.map((name) => symlink(join(root, 'node_modules', name), join(modules, name))));
  return join(folder, 'dist/src/cli.js');
}

describe('lockstep train --engine tfjs-node ends with exit code 2, and leaves nothing', () => {
  test.each([
    ['without the package', async () => undefined, /^Error: The engine tfjs-node is not installed\n/],
    [
      'without the binding',
      (folder: string) => writeTfjsPackage(folder, '', false),
      /^Error: The engine tfjs-node has no native binding\n/,
    ],
  ])('%s', async (_, prepare, message) => {
    await withFolder(async (folder) => {
      const cli = await copyProgram(folder);
      await prepare(folder);
      const args = ['train', '--engine', 'tfjs-node', '--quiet', '--out', join(folder, 'run')];
      const { exitCode, stdout, stderr } = await runCli(args, { cwd: dirname(cli), cli });
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/Mend:.*deploy\/tfjs-native\.sh/);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(await readdir(folder)).not.toContain('run');
    });
  });
});
