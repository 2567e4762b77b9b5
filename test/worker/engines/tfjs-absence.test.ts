// What is said where tfjs-node cannot be had: the package is missing, its binding is, or the binding does not load.

import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadTensorflow } from '../../../worker/engines/tfjs-node.ts';
import { refusal } from '../../support/refusal.ts';
import { runCli } from '../../support/run-cli.ts';
import { withFolder } from '../../support/tiny-data.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Writes a package that stands where tfjs-node would; its main file is `main`. */
async function writePackage(folder: string, main: string | null, binding: boolean): Promise<void> {
  const place = join(folder, 'node_modules/@tensorflow/tfjs-node');
  await mkdir(join(place, 'lib/napi-v8'), { recursive: true });
  await writeFile(join(place, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node', main: 'index.js' }));
  if (main !== null) await writeFile(join(place, 'index.js'), main);
  if (binding) await writeFile(join(place, 'lib/napi-v8/tfjs_binding.node'), '');
}

function refused(folder: string) {
  return refusal(() => loadTensorflow(join(folder, 'program.js')));
}

describe('tfjs-node cannot be had', () => {
  test('the package is missing', async () => {
    await withFolder(async (folder) => {
      const { what, why, mend, exitCode } = await refused(folder);
      expect(what).toBe('The engine tfjs-node is not installed');
      expect(why).toMatch(/npm leaves out @tensorflow\/tfjs-node, an optional dependency/);
      expect(mend).toMatch(/deploy\/tfjs-native\.sh.*npm install.*--engine wasm/);
      expect(exitCode).toBe(2);
    });
  });

  test('it is there without its binding', async () => {
    await withFolder(async (folder) => {
      await writePackage(folder, 'throw new Error("loaded")', false);
      const { what, why, mend, exitCode } = await refused(folder);
      expect(what).toBe('The engine tfjs-node has no native binding');
      expect(why).toMatch(/install script.*allowScripts/);
      expect(mend).toMatch(/npm rebuild @tensorflow\/tfjs-node.*deploy\/tfjs-native\.sh.*--engine wasm/);
      expect(exitCode).toBe(2);
    });
  });

  test('its binding does not load', async () => {
    await withFolder(async (folder) => {
      await writePackage(folder, 'throw new Error("libtensorflow.so.2: cannot open shared object file")', true);
      const { what, why, mend, exitCode } = await refused(folder);
      expect(what).toBe('The engine tfjs-node cannot be loaded');
      expect(why).toBe('libtensorflow.so.2: cannot open shared object file');
      expect(mend).toMatch(/deploy\/tfjs-native\.sh --force/);
      expect(exitCode).toBe(2);
    });
  });
});

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
      (folder: string) => writePackage(folder, '', false),
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
