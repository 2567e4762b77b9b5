// What is said where tfjs-node cannot be had: the package is missing, its binding is, or the binding does not load.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTensorflow } from '../../../worker/engines/tfjs-node.ts';
import { refusal } from '../../support/refusal.ts';
import { writeTfjsPackage } from '../../support/tfjs-package.ts';
import { withFolder } from '../../support/tiny-data.ts';

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
      await writeTfjsPackage(folder, 'throw new Error("loaded")', false);
      const { what, why, mend, exitCode } = await refused(folder);
      expect(what).toBe('The engine tfjs-node has no native binding');
      expect(why).toMatch(/install script.*allowScripts/);
      expect(mend).toMatch(/npm rebuild @tensorflow\/tfjs-node.*deploy\/tfjs-native\.sh.*--engine wasm/);
      expect(exitCode).toBe(2);
    });
  });

  test('its binding does not load', async () => {
    await withFolder(async (folder) => {
      await writeTfjsPackage(folder, 'throw new Error("libtensorflow.so.2: cannot open shared object file")', true);
      const { what, why, mend, exitCode } = await refused(folder);
      expect(what).toBe('The engine tfjs-node cannot be loaded');
      expect(why).toBe('libtensorflow.so.2: cannot open shared object file');
      expect(mend).toMatch(/deploy\/tfjs-native\.sh --force/);
      expect(exitCode).toBe(2);
    });
  });
});
