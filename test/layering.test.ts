// The house keeps its order: who may import whom, what is pure, how long a file may be. Each rule is asked of this repository,
// and of a bad house, of which it must complain.

import { describe, expect, test } from 'vitest';
import { type House, houseOf, readHouse } from './support/house/house.ts';
import { pureFilesArePure } from './support/house/purity.ts';
import {
  bansAreKept,
  everyFileHasAHeader,
  everyRoomHasAFloor,
  filesAreShort,
  importsAreThere,
  importsRunDownwards,
  type LongFile,
  noCircleOfFiles,
  noCircleOfRooms,
  oneDoorForServers,
  oneDoorPerDependency,
} from './support/house/rules.ts';

/** Files that may be longer than others. */
const longFiles: readonly LongFile[] = [
  { path: 'src/options/option-table.ts', why: 'a table: one row for each option, and nothing else' },
  { path: 'test/promise/resume.slow.ts', why: 'runs that take minutes to prepare serve all of its cases' },
];

const house = readHouse();

describe('this repository', () => {
  test('is read at all', () => {
    expect(house.sources.length).toBeGreaterThan(200);
    const imports = house.sources.flatMap((source) => source.imports);
    expect(imports.some(({ target }) => target === 'piscina')).toBe(true);
    expect(house.sources.some(({ globals }) => globals.has('performance'))).toBe(true);
  });

  test.each([
    everyRoomHasAFloor,
    importsRunDownwards,
    importsAreThere,
    noCircleOfFiles,
    noCircleOfRooms,
    bansAreKept,
    oneDoorPerDependency,
    oneDoorForServers,
    everyFileHasAHeader,
    pureFilesArePure,
  ] as ((house: House) => readonly string[])[])('%o', (rule) => {
    expect(rule(house)).toEqual([]);
  });

  test('filesAreShort', () => {
    expect(filesAreShort(house, longFiles)).toEqual([]);
  });
});

const bad = (texts: Record<string, string>) => houseOf(texts);

describe('of a bad house the rules complain', () => {
  const plan = [{ 'src/low': '' }, { 'src/high': '' }];

  test('rooms', () => {
    const rooms = bad({ 'src/low/a.ts': '', 'src/attic/a.ts': '', 'src/alone.ts': '' });
    expect(everyRoomHasAFloor(rooms, [...plan, { 'src/low': '' }])).toEqual([
      'src/attic stands on no floor',
      'src/alone.ts stands on no floor',
      'src/high has a floor, but is not there',
      'src/low stands on two floors',
    ]);
  });

  test('floors', () => {
    const up = bad({ 'src/low/a.ts': "import type { B } from '../high/b.ts';", 'src/high/b.ts': '' });
    expect(importsRunDownwards(up, plan)).toEqual([
      'src/low/a.ts (floor 0) imports src/high/b.ts (floor 1): imports run downwards only',
    ]);
    const beside = bad({ 'src/low/a.ts': "export * from '../other/b.ts';", 'src/other/b.ts': '' });
    expect(importsRunDownwards(beside, [{ 'src/low': '', 'src/other': '' }])).toHaveLength(1);
    const down = bad({ 'src/low/a.ts': '', 'src/high/b.ts': "import { a } from '../low/a.ts';" });
    expect(importsRunDownwards(down, plan)).toEqual([]);
    expect(importsAreThere(bad({ 'src/low/a.ts': "await import('./b.ts');" }))).toEqual([
      'src/low/a.ts imports src/low/b.ts, which is not there',
    ]);
  });

  test('circles', () => {
    const texts = {
      'src/a/one.ts': "import { two } from '../b/two.ts';",
      'src/b/two.ts': "import { three } from '../b/three.ts';",
      'src/b/three.ts': "import type { One } from '../a/one.ts';",
      'src/c/four.ts': "import { one } from '../a/one.ts';",
    };
    expect(noCircleOfFiles(bad(texts))).toEqual([
      'files in a circle: src/a/one.ts > src/b/two.ts > src/b/three.ts > src/a/one.ts',
    ]);
    expect(noCircleOfRooms(bad(texts))).toEqual(['rooms in a circle: src/a > src/b > src/a']);
    expect(noCircleOfFiles(bad({ ...texts, 'src/b/three.ts': '' }))).toEqual([]);
    expect(noCircleOfRooms(bad({ ...texts, 'src/b/three.ts': '' }))).toEqual([]);
  });

  test.each([
    ['src/run/a.ts', 'coordinator/step/b.ts', 'src is what both ends agree on'],
    ['src/run/a.ts', 'worker/command.ts', 'src is what both ends agree on'],
    ['coordinator/step/a.ts', 'worker/node/b.ts', 'meet in src only'],
    ['worker/node/a.ts', 'coordinator/step/b.ts', 'meet in src only'],
    ['src/run/a.ts', 'src/host/b.ts', 'src is pure but for host/'],
    ['coordinator/step/a.ts', 'src/sums.ts', 'the machine of a step knows the tree'],
    ['worker/engines/a.ts', 'src/host/b.ts', 'an engine computes'],
    ['worker/node/a.ts', 'worker/engines/b.ts', 'a node is handed what computes'],
    ['coordinator/commands/a.ts', 'coordinator/cluster/b.ts', 'a command trains by'],
    ['coordinator/commands/a.ts', 'coordinator/watch/b.ts', 'a command trains by'],
    ['coordinator/watch/live-page/client/a.ts', 'coordinator/watch/live-page/b.ts', 'the page in the browser'],
    ['coordinator/watch/live-page/client/a.ts', 'src/sums.ts', 'the page in the browser'],
    ['src/host/a.ts', 'src/library.ts', 'nobody imports an entry'],
  ])('%s imports %s', (from, to, why) => {
    const importing = (target: string, what = '{ b }') => {
      return bad({
        [from]: `import ${what} from '${'../'.repeat(from.split('/').length - 1)}${target}';`,
        [target]: '',
      });
    };
    const complaints = bansAreKept(importing(to));
    expect(complaints.join()).toContain(`${from} imports ${to}: `);
    expect(complaints.join()).toContain(why);
    expect(bansAreKept(importing('src/tree.ts', from.includes('client') ? 'nothing' : '{ b }'))).toHaveLength(
      from.includes('client') ? 1 : 0,
    );
  });

  test('what bans leave open', () => {
    const allowed = {
      'src/library.ts': "import { a } from '../coordinator/a.ts'; import { b } from '../worker/b.ts';",
      'coordinator/a.ts': "import { d } from '../src/host/d.ts';",
      'worker/b.ts': '',
      'src/host/d.ts': '',
      'coordinator/watch/live-page/client/a.ts': "import type { View } from '../page-view.ts';",
      'coordinator/watch/live-page/page-view.ts': '',
    };
    expect(bansAreKept(bad(allowed))).toEqual([]);
  });

  test('doors', () => {
    const ws = "import { WebSocket } from 'ws';";
    expect(oneDoorPerDependency(bad({ 'coordinator/a.ts': ws, 'worker/b.ts': ws }))).toEqual([]);
    expect(oneDoorPerDependency(bad({ 'coordinator/a.ts': ws, 'coordinator/b.ts': ws }))).toEqual([
      'ws in coordinator has more than one door: coordinator/a.ts, coordinator/b.ts',
    ]);
    const deep = bad({ 'src/a.ts': "import a from '@x/y';", 'worker/b.ts': "require('@x/y/deep.js');" });
    expect(oneDoorPerDependency(deep)).toEqual(['@x/y has more than one door: src/a.ts, worker/b.ts']);
    for (const text of ["import { createServer as s } from 'node:https';", "import * as http from 'node:http';"]) {
      expect(oneDoorForServers(bad({ 'worker/b.ts': text }))).toEqual([
        'worker/b.ts can make an HTTP server: only src/host/http/http-door.ts does, where strangers are bounded',
      ]);
    }
    expect(oneDoorForServers(bad({ 'worker/b.ts': "import type { Server } from 'node:http';" }))).toEqual([]);
  });

  test('headers', () => {
    expect(everyFileHasAHeader(bad({ 'src/a.ts': 'export {};\n' }))).toEqual([
      'src/a.ts does not open with a comment that says what it is',
    ]);
    expect(everyFileHasAHeader(bad({ 'src/cli.ts': '#!/usr/bin/env node\n// The door.\n' }))).toEqual([]);
  });

  test('long files', () => {
    const long = '\n'.repeat(301);
    const files = bad({ 'src/a.ts': long, 'src/b.ts': long, 'src/c.ts': '\n'.repeat(300), 'test/a.test.ts': long });
    const why = 'a table';
    expect(filesAreShort(files, [{ path: 'src/a.ts', why }])).toEqual(['src/b.ts has 301 lines: more than 300']);
    expect(
      filesAreShort(
        files,
        ['src/a.ts', 'src/b.ts', 'src/c.ts'].map((path) => ({ path, why })),
      ),
    ).toEqual(['src/c.ts is not too long: it needs no exception']);
  });
});

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
  ])('%s', (text, taint) => {
    const why = 'it has to be pure, since';
    const src = 'src is pure but for host/ and the entries';
    expect(pureFilesArePure(bad({ 'src/a.ts': text }))).toEqual([`src/a.ts ${taint}: ${why} ${src}`]);
    expect(pureFilesArePure(bad({ 'coordinator/step/a.ts': text }))).toHaveLength(1);
    for (const header of [
      '// Pure. No disk.\n',
      '// What it is. Pure machine\n// of things.\n',
      '// Ways: pure numbers.\n',
    ]) {
      expect(pureFilesArePure(bad({ 'worker/a.ts': header + text }))).toEqual([
        `worker/a.ts ${taint}: ${why} its header says so`,
      ]);
    }
    expect(pureFilesArePure(bad({ 'worker/a.ts': text, 'src/host/a.ts': text, 'src/library.ts': text }))).toEqual([]);
  });

  test.each([
    '// performance.now() and Date are not for us',
    "export const text = 'process';",
    'export const a = `console`;',
    'options.process; options.fetch(); options.Date.performance;',
    'export const a = { process: 1, fetch() {} };',
    'const { process: own } = options;',
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
