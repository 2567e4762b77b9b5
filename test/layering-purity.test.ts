// What calls itself pure is pure, and so is all that has to be. The rule is asked of bad houses, of which it must complain; of this
// repository by layering.test.ts.

import { describe, expect, test } from 'vitest';
import { houseOf } from './support/house/house.ts';
import { pureFilesArePure } from './support/house/purity.ts';

const bad = (texts: Record<string, string>) => houseOf(texts);

describe('of an impure file that has to be pure they complain', () => {
  test.each([
    ['performance.now();', 'uses performance'],
    ['const now = Date.now;', 'uses Date'],
    ['new Date();', 'uses Date'],
    ['Math.random();', 'uses Math.random'],
    ['const { random } = Math;', 'uses Math'],
    ['export const a = { process };', 'uses process'],
    ['setTimeout(() => {}, 1);', 'uses setTimeout'],
    ['setInterval(() => {}, 1);', 'uses setInterval'],
    ['setImmediate(() => {});', 'uses setImmediate'],
    ['await fetch(url);', 'uses fetch'],
    ['console.log(1);', 'uses console'],
    ["globalThis['process'];", 'uses globalThis'],
    ['{ const process = 1; } process.exit();', 'uses process'],
    ["import { readFile } from 'node:fs';", 'imports readFile from node:fs'],
    ["import { randomBytes } from 'node:crypto';", 'imports randomBytes from node:crypto'],
    ["import * as crypto from 'node:crypto';", 'imports node:crypto'],
    ["await import('node:fs');", 'imports node:fs'],
    ["import { WebSocket } from 'ws';", 'imports WebSocket from ws'],
    ["import fs = require('node:fs');", 'imports node:fs'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source that has one
    ["await import(`node:${'fs'}`);", 'imports node:fs'],
    ["const node = 'node:'; await import(node + 'fs');", 'imports node:fs'],
    ['export const load = (m: string) => import(m);', 'imports what is computed, m'],
    ["let m = './b.ts'; await import(m);", 'imports what is computed, m'],
    ['declare const Date: any; Date.now();', 'uses Date'],
    ['declare function setTimeout(f: () => void): void; setTimeout(f);', 'uses setTimeout'],
    ['declare global { const process: any; } process.exit();', 'uses process'],
    ['declare namespace performance { function now(): number; } performance.now();', 'uses performance'],
    ["import type { Date } from './dates.ts'; Date.now();", 'uses Date'],
    ['Atomics.wait(words, 0, 0);', 'uses Atomics'],
    ['Atomics.waitAsync(words, 0, 0);', 'uses Atomics'],
    ['import.meta.url;', 'uses import.meta'],
    ['await scheduler.wait(1);', 'uses scheduler'],
    ["addEventListener('message', () => {});", 'uses addEventListener'],
    ['new FinalizationRegistry(() => {});', 'uses FinalizationRegistry'],
    ['export const a = (n: number) => n.toLocaleString();', 'uses toLocaleString'],
    ["export const a = (n: number) => n['toLocaleString']();", 'uses toLocaleString'],
    ['export const a = ({ toLocaleString }: Number) => toLocaleString;', 'uses toLocaleString'],
    ['export const a = (b: string, c: string) => b.localeCompare(c);', 'uses localeCompare'],
    ["(() => {}).constructor('return Date')();", 'uses constructor'],
    ['whatNobodyHasHeardOf();', 'uses whatNobodyHasHeardOf'],
  ])('%s', (text, taint) => {
    const why = 'it has to be pure, since';
    const src = 'src is pure but for host/ and the entries';
    expect(pureFilesArePure(bad({ 'src/a.ts': text }))).toEqual([`src/a.ts ${taint}: ${why} ${src}`]);
    expect(pureFilesArePure(bad({ 'coordinator/step/a.ts': text }))).toHaveLength(1);
    for (const header of [
      '// Pure. No disk.\n',
      '// What it is. Pure machine\n// of things.\n',
      '// Ways: pure numbers.\n',
      '// What it is. This file is pure.\n',
      '// A pure function of the step.\n',
      '// A table, pure.\n',
      '// Arithmetic, and\n// pure.\n',
      '/* Pure. */\n',
      '/**\n * Numbers, pure.\n */\n',
      '#!/usr/bin/env node\n\n// Pure.\n',
    ]) {
      expect(pureFilesArePure(bad({ 'worker/a.ts': header + text }))).toEqual([
        `worker/a.ts ${taint}: ${why} its header says so`,
      ]);
    }
    for (const header of [
      '',
      '// Not pure: it looks at the clock.\n',
      '// Impure.\n',
      '// Purely for show, never quite pure.\n',
    ]) {
      const file = header + text;
      expect(pureFilesArePure(bad({ 'worker/a.ts': file, 'src/host/a.ts': file, 'src/library.ts': file }))).toEqual([]);
    }
  });

  test.each([
    '// performance.now() and Date are not for us',
    "export const text = 'process';",
    'export const a = `console`;',
    '(options) => [options.process, options.fetch(), options.Date.performance];',
    'export const a = { process: 1, fetch() {} };',
    '({ process: own }) => own;',
    'function f(performance: number) { return performance; }',
    'const process = 1; export const a = { process };',
    "import { Date } from './dates.ts'; new Date();",
    'class A { fetch = 1; process() {} }',
    'interface A { readonly console: Console; at: Date }',
    'type Clock = typeof performance;',
    'Math.min(1, 2);',
    "import { createHash } from 'node:crypto';",
  ])('but not of: %s', (text) => {
    expect(pureFilesArePure(bad({ 'src/a.ts': text }))).toEqual([]);
  });

  test.each([
    ['src/host/names.d.ts', 'declare const process: any;'],
    ['src/host/script.ts', 'const process = 1;'],
    ['src/names.ts', 'export {}; declare global { var process: any; }'],
  ])('also if another file declares the name: %s', (path, declaration) => {
    const texts = { 'src/a.ts': 'process.exit();', [path]: declaration };
    expect(pureFilesArePure(bad(texts)).join()).toContain('src/a.ts uses process');
  });

  test('also if it is impure by what it imports', () => {
    const texts = {
      'coordinator/a.ts': "// Pure.\nimport { b } from './b.ts';",
      'coordinator/b.ts': "import { c } from './c.ts';",
      'coordinator/c.ts': 'process.exit();',
    };
    expect(pureFilesArePure(bad(texts))).toEqual([
      'coordinator/a.ts imports coordinator/b.ts, which imports coordinator/c.ts, which uses process: ' +
        'it has to be pure, since its header says so',
    ]);
    const types = "// Pure.\nimport type { B } from './b.ts';";
    expect(pureFilesArePure(bad({ ...texts, 'coordinator/a.ts': types }))).toEqual([]);
  });
});
