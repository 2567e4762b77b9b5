// Who may import whom, and how long a file may be. Each rule takes a house and returns its complaints, in words that name file
// and rule; none is what it should return.

import { posix } from 'node:path';
import { entries, floors } from './floors.ts';
import { builders, buildings, type House, type Import, type Source } from './house.ts';

type Floors = readonly Readonly<Record<string, string>>[];

/** All that imports a file of the house. Who only knows where a file is does not import it. */
function arrows(house: House): readonly (Import & { readonly from: Source; readonly to: Source })[] {
  const byPath = new Map(house.sources.map((source) => [source.path, source]));
  return house.sources.flatMap((from) =>
    from.imports.flatMap((one) => {
      const to = byPath.get(one.target);
      return to === undefined || one.isAddress ? [] : [{ ...one, from, to }];
    }),
  );
}

export function everyRoomHasAFloor(house: House, plan: Floors = floors): readonly string[] {
  const planned = plan.flatMap((floor) => Object.keys(floor));
  const rooms = new Set(house.sources.map(({ room }) => room));
  return [
    ...[...rooms].filter((room) => !planned.includes(room)).map((room) => `${room} stands on no floor`),
    ...planned.filter((room) => !rooms.has(room)).map((room) => `${room} has a floor, but is not there`),
    ...planned.filter((room, at) => planned.indexOf(room) !== at).map((room) => `${room} stands on two floors`),
  ];
}

export function importsRunDownwards(house: House, plan: Floors = floors): readonly string[] {
  const levels = new Map(plan.flatMap((floor, level) => Object.keys(floor).map((room) => [room, level] as const)));
  return arrows(house).flatMap(({ from, to }) => {
    const [above, below] = [levels.get(from.room) ?? Number.NaN, levels.get(to.room) ?? Number.NaN];
    if (from.room === to.room || !(above <= below)) return [];
    return [`${from.path} (floor ${above}) imports ${to.path} (floor ${below}): imports run downwards only`];
  });
}

export function importsAreThere(house: House): readonly string[] {
  return house.sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => isOfTheProgram(target) && !house.texts.has(target) && !isBuilt(house, target))
      .map(({ target }) => `${path} imports ${target}, which is not there`),
  );
}

function isOfTheProgram(path: string): boolean {
  return buildings.some((building) => path.startsWith(`${building}/`));
}

/** Does a builder beside it make it? */
function isBuilt(house: House, path: string): boolean {
  return /\.(wasm|html)$/.test(path) && house.texts.has(posix.join(posix.dirname(path), 'build.mjs'));
}

/** No way around the rules: a source imports sources by their paths, packages by their names, and what is built by `#names`. */
export function importsAreByName(house: House): readonly string[] {
  const { name: own } = JSON.parse(house.texts.get('package.json') ?? '{}') as { name?: string };
  const fault = (path: string, { specifier, target, isAddress }: Import): string | null => {
    if (specifier.startsWith('=')) return `imports what is computed, ${specifier.slice(1)}: no rule can be asked of it`;
    if (/^(?!node:)[a-z]+:|^\//.test(specifier)) return `imports ${specifier}, which is no path of the house`;
    if (specifier === own || specifier.startsWith(`${own}/`)) return `imports ${own}, which is itself`;
    if (specifier.startsWith('#'))
      return target === specifier ? `imports ${specifier}, which package.json does not have` : null;
    if (!specifier.startsWith('.')) return null;
    if (/^[./]*\/dist\//.test(specifier)) return `imports ${specifier}, which is built: it is imported as its source`;
    // from dist/ the way to package.json is longer by one folder
    const mayBeOutside = isAddress && (builders.test(path) || posix.basename(target) === 'package.json');
    return isOfTheProgram(target) || mayBeOutside ? null : `imports ${specifier}, which is not of the program`;
  };
  return house.sources.flatMap(({ path, imports }) =>
    imports.flatMap((one) => {
      const complaint = fault(path, one);
      return complaint === null ? [] : [`${path} ${complaint}`];
    }),
  );
}

export function noCircleOfFiles(house: House): readonly string[] {
  return circle('files', new Map(grouped(house, ({ path }) => path)));
}

export function noCircleOfRooms(house: House): readonly string[] {
  return circle('rooms', new Map(grouped(house, ({ room }) => room)));
}

function grouped(house: House, nameOf: (source: Source) => string): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const { from, to } of arrows(house)) {
    if (nameOf(from) === nameOf(to) && from !== to) continue;
    groups.set(nameOf(from), (groups.get(nameOf(from)) ?? new Set()).add(nameOf(to)));
  }
  return groups;
}

function circle(of: string, left: Map<string, Set<string>>): readonly string[] {
  // who leads to nobody that is left is part of no circle
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [name, targets] of left) if (![...targets].some((target) => left.has(target))) left.delete(name);
  }
  const way: string[] = [];
  let at = left.keys().next().value;
  while (at !== undefined && !way.includes(at)) {
    way.push(at);
    at = [...left.get(at)!].find((target) => left.has(target));
  }
  return at === undefined ? [] : [`${of} in a circle: ${[...way.slice(way.indexOf(at)), at].join(' > ')}`];
}

interface Ban {
  /** Whom it binds, and whom of these it does not: beginnings of paths. */
  readonly who: readonly string[];
  readonly except?: readonly string[];
  /** What they may not import: all of `never`, or all of the house but `only`. */
  readonly never?: readonly string[];
  readonly only?: readonly string[];
  /** What they may import, if it is types. */
  readonly types?: readonly string[];
  readonly why: string;
}

const host = 'src/host/';
const client = 'coordinator/watch/live-page/client/';
const drawingClient = 'coordinator/drawing-page/client/';

const bans: readonly Ban[] = [
  {
    who: ['src/'],
    except: entries,
    never: ['coordinator/', 'worker/'],
    why: 'src is what both ends agree on, and knows neither',
  },
  { who: ['coordinator/'], never: ['worker/'], why: 'coordinator and worker meet in src only' },
  { who: ['worker/'], never: ['coordinator/'], why: 'coordinator and worker meet in src only' },
  { who: ['src/'], except: [...entries, host], never: [host], why: 'src is pure but for host/' },
  {
    who: ['coordinator/step/'],
    only: ['coordinator/step/', 'src/tree.ts'],
    why: 'the machine of a step knows the tree, and nothing of who asks it',
  },
  { who: ['worker/engines/'], never: [host], why: 'an engine computes, wherever it is' },
  { who: ['worker/node/'], never: ['worker/engines/'], why: 'a node is handed what computes' },
  {
    who: ['coordinator/commands/'],
    never: ['coordinator/cluster/', 'coordinator/watch/'],
    why: 'a command trains by coordinator/training',
  },
  {
    who: [client],
    only: [client],
    types: ['coordinator/watch/live-page/', 'coordinator/watch/model/'],
    why: 'the page in the browser shares the types of what it is sent, and no code',
  },
  {
    who: [drawingClient],
    only: [drawingClient, 'src/image/', 'src/model/'],
    types: ['src/formats/'],
    why: 'the drawing page takes of the program what finds a picture and runs a network',
  },
  { who: [''], except: entries, never: entries, why: 'nobody imports an entry' },
];

/** They hold also for what is only addressed, and for what is imported as it is built. */
export function bansAreKept(house: House): readonly string[] {
  return house.sources.flatMap(({ path, imports }) =>
    imports.flatMap(({ target, typesOnly }) => {
      if (!isOfTheProgram(target)) return [];
      return bans
        .filter(({ who, except = [], never = [''], only = [], types = [] }) => {
          if (!begins(path, who) || begins(path, except)) return false;
          return begins(target, never) && !begins(target, only) && !(typesOnly && begins(target, types));
        })
        .map(({ why }) => `${path} imports ${target}: ${why}`);
    }),
  );
}

function begins(path: string, starts: readonly string[]): boolean {
  return starts.some((start) => path.startsWith(start));
}

export function everyFileHasAHeader(house: House): readonly string[] {
  const bare = house.sources.filter(({ header, path }) => header === '' && !path.endsWith('.d.ts'));
  return bare.map(({ path }) => `${path} does not open with a comment that says what it is`);
}

/** A name says what is in there; these say only that somebody needs it. */
export function namesTell(house: House): readonly string[] {
  const empty = /(^|[/_.-])(utils?|utilities|helpers?|misc|stuff)($|[/_.-])|\/common($|[/.])/i;
  const paths = [...house.texts.keys()].filter((path) => empty.test(path));
  return paths.map((path) => `${path} has a name that says nothing of what is in it`);
}

/** Who needs something imports it from where it is. */
export function noFileOnlyPassesOn(house: House): readonly string[] {
  const idle = house.sources.filter((source) => source.onlyPassesOn);
  return idle.map(({ path }) => `${path} only passes on what others have: it should be imported from there`);
}

export interface LongFile {
  readonly path: string;
  readonly why: string;
}

const most = 300;

/** Of programs, tests and style sheets alike. */
export function filesAreShort(house: House, exceptions: readonly LongFile[]): readonly string[] {
  const long = [...house.texts].flatMap(([path, text]) => {
    const lines = text.split('\n').length - 1;
    return /\.(ts|mts|cts|js|mjs|cjs|css)$/.test(path) && lines > most ? [{ path, lines }] : [];
  });
  const excepted = exceptions.map(({ path }) => path);
  return [
    ...long
      .filter(({ path }) => !excepted.includes(path))
      .map(({ path, lines }) => `${path} has ${lines} lines: more than ${most}`),
    ...excepted
      .filter((path) => !long.some((file) => file.path === path))
      .map((path) => `${path} is not too long: it needs no exception`),
  ];
}
