// The names of src/kernels/memory-records.ts against the records that the kernels read, field by field.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { HASH_BYTES, HASH_KEY_BYTES, REDUCE_BYTES, REST_GROUPS, ROW_GROUPS } from '../../src/kernels/kernels.ts';
import * as records from '../../src/kernels/memory-records.ts';
import { LONG_ROW_BYTES, TILE } from '../../src/kernels/pass-grid.ts';
import { ENTRY_BYTES } from '../../src/kernels/worker-plan.ts';

const source = readFileSync(new URL('../../src/kernels/assembly/structs.ts', import.meta.url), 'utf8');

/** Byte offsets of a class's fields of the types `types`, and the bytes of the whole; as the compiler lays them out. */
function fieldsOf(name: string, types: readonly string[]) {
  const body = new RegExp(`^export class ${name} \\{\\n(.*?)^\\}`, 'ms').exec(source)![1]!;
  const offsets: Record<string, number> = {};
  let end = 0;
  for (const [, field, type] of body.matchAll(/^ {2}(\w+): (\w+);$/gm)) {
    const bytes = type === 'f64' ? 8 : 4;
    expect(['f64', 'f32', 'i32', 'u32', 'usize'], `${name}.${field}`).toContain(type);
    const at = Math.ceil(end / bytes) * bytes;
    if (types.includes(type!)) offsets[field!] = at;
    end = at + bytes;
  }
  return { offsets, bytes: end };
}

const words = ['f32', 'i32', 'u32', 'usize'];

const inBytes = (names: Readonly<Record<string, number>>, bytes: number) =>
  Object.fromEntries(Object.entries(names).map(([name, offset]) => [name, offset * bytes]));

test.each([
  ['Run', records.RunWord],
  ['Layer', records.LayerWord],
  ['Scratch', records.ScratchWord],
  ['LayerScratch', records.LayerScratchWord],
  ['Store', records.StoreWord],
  ['LayerStore', records.LayerStoreWord],
  ['Sums', records.SumsWord],
  ['TreeNode', records.TreeNodeWord],
  ['Adam', records.AdamWord],
])('%s has these words', (name, names) => {
  expect(inBytes(names, 4)).toEqual(fieldsOf(name, words).offsets);
});

test.each([
  ['Sums', records.SumsDouble],
  ['Adam', records.AdamDouble],
])('%s has these float64 numbers', (name, names) => {
  expect(inBytes(names, 8)).toEqual(fieldsOf(name, ['f64']).offsets);
});

test.each([
  ['Sums', records.SUMS_BYTES],
  ['TreeNode', records.TREE_NODE_WORDS * 4],
  ['Adam', records.ADAM_BYTES],
])('%s is as long as that', (name, bytes) => {
  expect(fieldsOf(name, []).bytes).toBe(bytes);
});

test('no other record is read by the kernels', () => {
  const classes = [...source.matchAll(/^export class (\w+)/gm)].map(([, name]) => name);
  expect(classes.sort()).toEqual([
    'Adam',
    'Layer',
    'LayerScratch',
    'LayerStore',
    'Run',
    'Scratch',
    'Store',
    'Sums',
    'TreeNode',
  ]);
});

test('what only TypeScript reads has a place of its own for each name, within its record', () => {
  const own = [
    [records.BlockWord, records.BLOCK_WORDS],
    [records.StepDouble, records.STEP_BYTES / 8],
    [records.TallyDouble, records.TALLY_BYTES / 8],
  ] as const;
  for (const [names, length] of own) {
    const offsets = Object.values(names);
    expect(new Set(offsets).size).toBe(offsets.length);
    expect(Math.max(...offsets)).toBeLessThan(length);
  }
});

test('the sizes that both sides plan with are the same', () => {
  const constant = (name: string) => Number(new RegExp(`^export const ${name}: i32 = (\\d+);$`, 'm').exec(source)![1]);
  expect({
    TILE,
    ENTRY_BYTES,
    LONG_ROW_BYTES,
    ROW_GROUPS,
    REST_GROUPS,
    REDUCE_BYTES,
    HASH_BYTES,
    HASH_KEY_BYTES,
  }).toEqual({
    HASH_BYTES: constant('HASH_BYTES'),
    HASH_KEY_BYTES: constant('HASH_KEY_BYTES'),
    TILE: constant('TILE'),
    LONG_ROW_BYTES: constant('LONG_ROW_BYTES'),
    ENTRY_BYTES: constant('ENTRY_BYTES'),
    REST_GROUPS: constant('REST_GROUPS'),
    ROW_GROUPS: constant('ROW_GROUPS'),
    REDUCE_BYTES: constant('REDUCE_BYTES'),
  });
});
