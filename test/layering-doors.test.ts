// Packages, servers and what finds modules have their doors. Each rule is asked of a bad house, of which it must complain; of this
// repository by layering.test.ts.

import { describe, expect, test } from 'vitest';
import { dependenciesHaveDoors, findersAreKnown, serversHaveDoors } from './support/house/doors.ts';
import { houseOf } from './support/house/house.ts';

const bad = (texts: Record<string, string>) => houseOf(texts);

describe('of a bad house they complain: packages', () => {
  const listed = {
    piscina: { kind: 'dependencies', doors: ['src/host/place.ts'], why: '' },
    vitest: { kind: 'devDependencies', doors: ['src/a/build.mjs', 'src/b.ts'], why: '' },
  } as const;
  const good = {
    'package.json': JSON.stringify({ dependencies: { piscina: '1' }, devDependencies: { vitest: '1', other: '1' } }),
    'src/host/place.ts': "import { Piscina } from 'piscina';",
    'src/a/build.mjs': "import 'vitest/node';",
    'src/b.ts': "import type { T } from 'vitest';",
  };
  const complaints = (texts: Record<string, string>) => dependenciesHaveDoors(bad({ ...good, ...texts }), listed);

  test('not of a good one', () => {
    expect(complaints({ 'src/c.ts': "import 'node:fs'; import 'fs/promises'; import './b.ts';" })).toEqual([]);
  });

  test.each([
    "import { Piscina } from 'piscina';",
    "import type { Piscina } from 'piscina';",
    "export * from 'piscina';",
    "import Piscina = require('piscina');",
    "require('piscina/deep.js');",
    "import { createRequire } from 'node:module'; createRequire(import.meta.url)('piscina');",
    "const load = createRequire(import.meta.url); load('piscina');",
    "const { resolve } = createRequire(import.meta.url); resolve('piscina/package.json');",
    "const name = 'piscina'; await import(name);",
    "import.meta.resolve('piscina');",
  ])('a second door: %s', (text) => {
    expect(complaints({ 'src/c.ts': text })).toEqual(['src/c.ts imports piscina: only src/host/place.ts may']);
  });

  test('imported, and not listed', () => {
    const text = "import '@x/y/deep.js'; import 'other';";
    expect(complaints({ 'src/c.ts': text })).toEqual([
      'src/c.ts imports @x/y, which is not listed',
      'src/c.ts imports other, which is not listed',
    ]);
  });

  test('imported, and not there where the program is installed', () => {
    expect(complaints({ 'src/b.ts': "import { t } from 'vitest';" })).toEqual([
      'src/b.ts imports vitest, which is not there where the program is installed',
    ]);
  });

  test('one more dependency, without a reason', () => {
    const stated = { dependencies: { piscina: '1', 'left-pad': '1' }, optionalDependencies: { vitest: '1' } };
    expect(complaints({ 'package.json': JSON.stringify(stated) })).toEqual([
      'package.json has left-pad in its dependencies: it has no door and no reason',
      'package.json has vitest in its optionalDependencies: it has no door and no reason',
      'vitest has a door, but is not in the devDependencies of package.json',
    ]);
  });

  test('a door that nothing comes through', () => {
    expect(complaints({ 'src/host/place.ts': '' })).toEqual(['src/host/place.ts does not import piscina']);
  });
});

describe('of a bad house they complain: servers', () => {
  test.each([
    ["import { createServer as s } from 'node:https';", 'node:https: only src/host/http/http-door.ts does'],
    ["import * as http from 'node:http';", 'node:http: only src/host/http/http-door.ts does'],
    ["import { createServer } from 'http';", 'http: only src/host/http/http-door.ts does'],
    ["import { createServer } from 'node:net';", 'node:net: only coordinator/commands/doctor.ts does'],
    ["import { Server } from 'node:net';", 'node:net: only coordinator/commands/doctor.ts does'],
    ["import net from 'node:net';", 'node:net: only coordinator/commands/doctor.ts does'],
    ["await import('node:net');", 'node:net: only coordinator/commands/doctor.ts does'],
    ["import { createSecureServer } from 'node:http2';", 'node:http2: nobody makes such a one'],
    ["import { createServer } from 'node:tls';", 'node:tls: nobody makes such a one'],
    ["import { createSocket } from 'node:dgram';", 'node:dgram: nobody makes such a one'],
    ["import { open } from 'node:inspector';", 'node:inspector: only src/cli.ts does'],
    ["import { WebSocketServer } from 'ws';", 'ws: only coordinator/cluster/node-server.ts does'],
    ["import { Server } from 'ws';", 'ws: only coordinator/cluster/node-server.ts does'],
    ["import WebSocket from 'ws';", 'ws: only coordinator/cluster/node-server.ts does'],
    ["import { WebSocketServer } from '../coordinator/a.ts';", 'coordinator/a.ts: nobody makes such a one'],
  ])('%s', (text, complaint) => {
    expect(serversHaveDoors(bad({ 'worker/b.ts': text }))).toEqual([`worker/b.ts can make a server of ${complaint}`]);
  });

  test.each([
    "import type { Server } from 'node:http';",
    "import { request } from 'node:https';",
    "import { type Server, Socket, isIP } from 'node:net';",
    "import { WebSocket } from 'ws';",
  ])('but not of: %s', (text) => {
    expect(serversHaveDoors(bad({ 'worker/b.ts': text }))).toEqual([]);
  });
});

test('of a bad house they complain: what finds modules', () => {
  const known = [{ doors: ['src/a.ts', 'src/idle.ts'], why: '' }];
  const finds = "import { createRequire } from 'node:module';";
  const texts = { 'src/a.ts': finds, 'src/idle.ts': '', 'src/build.mjs': finds };
  expect(findersAreKnown(bad(texts), known)).toEqual(['src/idle.ts finds no modules: it needs no exception']);
  for (const text of [finds, "process.getBuiltinModule('node:fs');"]) {
    expect(findersAreKnown(bad({ ...texts, 'src/idle.ts': finds, 'worker/b.ts': text }), known)).toEqual([
      'worker/b.ts finds modules by name: it should import them',
    ]);
  }
});
