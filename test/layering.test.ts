// The house keeps its order: who may import whom, how a file opens, what it is called, how long it may be, what is pure, which
// packages have which door. All rules are asked of this repository here, where it is read once, and of a bad house, of which they must
// complain: those of purity and doors in layering-purity.test.ts and layering-doors.test.ts.

import { describe, expect, test } from 'vitest';
import { dependenciesHaveDoors, findersAreKnown, serversHaveDoors } from './support/house/doors.ts';
import { type House, houseOf, readHouse } from './support/house/house.ts';
import { foldersAreExplained, testsStandWithTheirRooms } from './support/house/mirror.ts';
import { callsItselfPure, pureFilesArePure } from './support/house/purity.ts';
import {
  bansAreKept,
  everyFileHasAHeader,
  everyRoomHasAFloor,
  filesAreShort,
  importsAreByName,
  importsAreThere,
  importsRunDownwards,
  type LongFile,
  namesTell,
  noCircleOfFiles,
  noCircleOfRooms,
  noFileOnlyPassesOn,
} from './support/house/rules.ts';

/** Files that may be longer than others. */
const longFiles: readonly LongFile[] = [
  { path: 'src/options/option-table.ts', why: 'a table: one row for each option, and nothing else' },
  { path: 'coordinator/watch/live-page/client/page.css', why: 'the look of one page, part after part' },
  { path: 'test/generate/dashboards.ts', why: 'a table: the panels of all dashboards, row after row' },
  { path: 'test/promise/resume.slow.ts', why: 'runs that take minutes to prepare serve all of its cases' },
  { path: 'test/command-line/cli.slow.ts', why: 'one command line and one data set serve all of its refusals' },
];

const house = readHouse();

describe('this repository', () => {
  test('is read at all', () => {
    expect(house.sources.length).toBeGreaterThan(200);
    const imports = house.sources.flatMap((source) => source.imports);
    expect(imports.some(({ target }) => target === 'piscina')).toBe(true);
    expect(imports.some(({ target }) => target === 'worker/thread/thread.ts')).toBe(true);
  });

  test.each([
    everyRoomHasAFloor,
    importsRunDownwards,
    importsAreThere,
    noCircleOfFiles,
    noCircleOfRooms,
    bansAreKept,
    importsAreByName,
    everyFileHasAHeader,
    namesTell,
    noFileOnlyPassesOn,
    testsStandWithTheirRooms,
    foldersAreExplained,
    dependenciesHaveDoors,
    serversHaveDoors,
    findersAreKnown,
    pureFilesArePure,
  ] as ((house: House) => readonly string[])[])('%o', (rule) => {
    expect(rule(house)).toEqual([]);
  });

  test('has files of which all is known that purity asks', () => {
    expect(house.sources.some(({ globals }) => globals.has('performance'))).toBe(true);
    // wherever it stands: a dozen of them in rooms that are not pure as a whole
    const impure = house.sources.filter(({ path, header }) => !path.startsWith('src/') && callsItselfPure(header));
    expect(impure.length).toBeGreaterThan(12);
  });

  test('filesAreShort', () => {
    expect(filesAreShort(house, longFiles)).toEqual([]);
  });
});

const bad = (texts: Record<string, string>) => houseOf(texts);

const packageJson = JSON.stringify({ name: 'lockstep', imports: { '#thread': './dist/worker/thread/thread.js' } });

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

  test.each([
    ["import { run } from '../../dist/worker/node/node.js';", 'imports ../../dist/worker/node/node.js, which is built'],
    ["await import('#gone');", 'imports #gone, which package.json does not have'],
    ["import { train } from 'lockstep';", 'imports lockstep, which is itself'],
    ["import x from 'lockstep/dist/a.js';", 'imports lockstep, which is itself'],
    ["import { seeded } from '../../test/support/seeded.ts';", 'which is not of the program'],
    ["new URL('../../test/support/dying-thread.mjs', import.meta.url);", 'which is not of the program'],
    ["import { x } from '../../../other/x.ts';", 'which is not of the program'],
    ["import ws from '../../node_modules/ws/index.js';", 'which is not of the program'],
    ["import x from '/etc/x.js';", 'which is no path of the house'],
    ["await import('data:text/javascript,1');", 'which is no path of the house'],
    ['export const load = (name: string) => import(name);', 'imports what is computed, name'],
    ['const require = createRequire(import.meta.url); require(a);', 'imports what is computed, a'],
    ["new URL('../' + a, import.meta.url);", "imports what is computed, '../' + a"],
  ])('ways around them: %s', (text, complaint) => {
    const texts = { 'package.json': packageJson, 'coordinator/step/a.ts': text, 'worker/node/node.ts': '' };
    const complaints = importsAreByName(bad(texts));
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(
      `coordinator/step/a.ts ${complaint.startsWith('imports') ? complaint : 'imports '}`,
    );
    expect(complaints[0]).toContain(complaint);
  });

  test.each([
    "import '#thread';",
    "createRequire(import.meta.url).resolve('#thread');",
    "const { resolve } = createRequire(import.meta.url); resolve('#thread');",
    "import.meta.resolve('#thread');",
    "import '../../dist/worker/thread/thread.js';",
    "new Worker(new URL('../../worker/thread/thread.js', import.meta.url));",
    "new Worker(new URL('../../worker/thread/thread.ts', import.meta.url));",
    "const there = '../../worker'; await import(there + '/thread/thread.ts');",
    "import thread = require('../../worker/thread/thread.ts');",
  ])('the other building, however it is reached: %s', (text) => {
    const texts = { 'package.json': packageJson, 'coordinator/run/a.ts': text, 'worker/thread/thread.ts': '' };
    expect(bansAreKept(bad(texts))).toEqual([
      'coordinator/run/a.ts imports worker/thread/thread.ts: coordinator and worker meet in src only',
    ]);
  });

  test('names', () => {
    const texts = { 'src/utils.ts': '', 'src/text-utils.ts': '', 'test/helpers/a.ts': '', 'src/a/common/b.ts': '' };
    expect(namesTell(bad(texts))).toEqual(
      Object.keys(texts).map((path) => `${path} has a name that says nothing of what is in it`),
    );
    expect(namesTell(bad({ 'src/common-flags.ts': '', 'src/utility-bill.ts': '' }))).toEqual([]);
  });

  test.each([
    "export { b } from './b.ts';",
    "export * from './b.ts';",
    "import { b } from './b.ts';\nexport { b };",
  ])('what only passes on: %s', (text) => {
    expect(noFileOnlyPassesOn(bad({ 'src/a.ts': text }))).toEqual([
      'src/a.ts only passes on what others have: it should be imported from there',
    ]);
    expect(noFileOnlyPassesOn(bad({ 'src/a.ts': `${text}\nexport const own = 1;` }))).toEqual([]);
  });

  test('places of tests', () => {
    const rooms = [{ 'src/low': '', 'src/tree.ts': '', 'worker/node': '', 'src/bare': '' }];
    const complaints = (paths: readonly string[], elsewhere: Record<string, string | null>) =>
      testsStandWithTheirRooms(bad(Object.fromEntries(paths.map((path) => [path, '']))), rooms, elsewhere, ['promise']);
    const good = ['low/a.test.ts', 'tree.test.ts', 'worker/node/a.slow.ts', 'promise/deep/a.test.ts', 'papers.test.ts'];
    const paths = good.map((path) => `test/${path}`);
    expect(complaints(paths, { 'src/bare': 'test/promise' })).toEqual([]);
    expect(complaints([...paths, 'test/attic/a.test.ts', 'test/low/er/a.test.ts', 'test/leaf.test.ts'], {})).toEqual([
      'test/attic/a.test.ts stands where no room is: it tries none, or one of another folder',
      'test/low/er/a.test.ts stands where no room is: it tries none, or one of another folder',
      'test/leaf.test.ts stands where no room is: it tries none, or one of another folder',
      'src/bare has no tests, and nothing says where it is tried',
    ]);
    expect(complaints(paths, { 'src/bare': 'test/gone.test.ts', 'src/low': 'test/promise', 'src/was': null })).toEqual([
      'src/low has tests of its own, or is gone: nothing need say where it is tried',
      'src/was has tests of its own, or is gone: nothing need say where it is tried',
      'test/gone.test.ts is to try a room, and is not there',
    ]);
    const map = { 'CONTRIBUTING.md': '| test/promise/ | the same bits |\n| test/low/ | a room |\n' };
    expect(foldersAreExplained(bad(map), ['promise', 'watch'])).toEqual([
      'CONTRIBUTING.md does not explain test/watch/',
      "CONTRIBUTING.md explains test/low/, which is a room's",
    ]);
  });

  test('headers', () => {
    expect(everyFileHasAHeader(bad({ 'src/a.ts': 'export {};\n' }))).toEqual([
      'src/a.ts does not open with a comment that says what it is',
    ]);
    expect(everyFileHasAHeader(bad({ 'src/cli.ts': '#!/usr/bin/env node\n// The door.\n' }))).toEqual([]);
  });

  test('long files', () => {
    const long = '\n'.repeat(301);
    const kinds = ['src/b.ts', 'src/b.css', 'src/b.mjs', 'src/b.mts', 'src/b.js', 'test/b.test.ts'];
    const others = { 'src/a.ts': long, 'src/c.ts': '\n'.repeat(300), 'README.md': long };
    const files = bad({ ...others, ...Object.fromEntries(kinds.map((path) => [path, long])) });
    const except = (...paths: string[]) => paths.map((path) => ({ path, why: 'a table' }));
    expect(filesAreShort(files, except('src/a.ts'))).toEqual(
      kinds.map((path) => `${path} has 301 lines: more than 300`),
    );
    expect(filesAreShort(files, except('src/a.ts', 'src/c.ts', ...kinds))).toEqual([
      'src/c.ts is not too long: it needs no exception',
    ]);
  });
});
