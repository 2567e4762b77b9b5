// The signatures of src/kernels/kernels.ts against their source, and against what was compiled.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { instantiate } from '../../src/kernels/kernels.ts';
import { wiring } from '../../src/library.ts';

const folder = new URL('../../src/kernels/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');

/** Names of parameters, by the function's name. */
type Signatures = Record<string, string[]>;

function signaturesIn(text: string, pattern: RegExp): Signatures {
  const found = [...text.matchAll(pattern)].map(([, name, parameters]) => [
    name!,
    [...parameters!.matchAll(/(\w+): /g)].map(([, parameter]) => parameter!),
  ]);
  return Object.fromEntries(found);
}

const declared = signaturesIn(
  /export interface Kernels \{\n(.*?)^\}/ms.exec(read('kernels.ts'))![1]!,
  /^ {2}(\w+)\(([^)]*)\):/gm,
);

test('each kernel takes what its source says, and no other is exported', () => {
  const sources = readdirSync(new URL('assembly/', folder)).filter((file) => file.endsWith('.ts'));
  const all = signaturesIn(
    sources.map((file) => read(`assembly/${file}`)).join('\n'),
    /^export function (\w+)\(([^)]*)\):/gm,
  );
  const index = read('assembly/index.ts');
  const exported = [...index.matchAll(/^export \{ ([^}]*) \} from/gm)].flatMap(([, names]) => names!.split(', '));
  expect(exported).toContain('computeBlock');
  expect(declared).toEqual(Object.fromEntries([...exported, 'heapBase'].map((name) => [name, all[name]])));
});

test('so does the compiled module', () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const compiled = Object.entries(instantiate(wiring.sharedKernels(), memory)).map(([name, f]) => [name, f.length]);
  const counts = Object.entries(declared).map(([name, parameters]) => [name, parameters.length]);
  expect(Object.fromEntries(compiled)).toEqual(Object.fromEntries(counts));
});
