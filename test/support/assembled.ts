// AssemblyScript compiled for one test, with the options of src/kernels/build.mjs: a source of its own, or the kernels with a line changed.

import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { expect } from 'vitest';

const common = ['--runtime', 'stub', '-O3', '--noAssert', '--converge', '--importMemory', '--initialMemory', '2'];
const shared = ['--enable', 'simd,bulk-memory,threads', '--sharedMemory', '--maximumMemory', '65536'];

/** A single file. */
export async function assembled(source: string): Promise<Uint8Array> {
  return await compiled('kernel.ts', (file) => (file === 'kernel.ts' ? source : null));
}

/** The kernels, in one of whose files one text stands in the place of another. */
export async function changedKernels(changed: string, before: string, after: string): Promise<Uint8Array> {
  const folder = 'src/kernels/assembly/';
  return await compiled(`${folder}index.ts`, (file) => {
    if (!file.startsWith(folder)) return null;
    const text = readFileSync(file, 'utf8');
    if (file !== `${folder}${changed}`) return text;
    expect(text.split(before).length).toBe(2);
    return text.replace(before, after);
  });
}

async function compiled(entry: string, readFile: (file: string) => string | null): Promise<Uint8Array> {
  let bytes: Uint8Array | null = null;
  const { error, stderr } = await asc.main([entry, ...common, ...shared, '--outFile', 'kernel.wasm'], {
    readFile: (file) => readFile(file),
    writeFile: (_, contents) => {
      bytes = contents as Uint8Array;
    },
  });
  if (error !== null || bytes === null)
    throw new Error(`${stderr.toString()}${error?.message ?? 'nothing was written'}`);
  return bytes;
}
