// What a pure file may not touch: the clock, chance, disk, sockets, processes, and files that touch them. Judged by what a
// file imports and by the names that it uses.

import { entries } from './floors.ts';
import type { House, Source } from './house.ts';

/** What pure files may take of Node: functions of their arguments. */
const pureOfNode: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'createHmac', 'timingSafeEqual', 'Hash'],
  'node:net': ['isIP', 'isIPv4', 'isIPv6'],
  'node:zlib': ['constants', 'crc32', 'deflateSync', 'inflateSync'],
};

/** Packages that only compute. */
const purePackages = ['commander', 'jpeg-js', 'leven', 'msgpackr', 'pngjs', 'valibot'];

const impureNames = new Set([
  ...['Date', 'performance', 'Math', 'Math.random', 'crypto', 'Intl'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame'],
  ...['process', 'require', 'console', 'navigator', 'globalThis', 'global', 'self', 'window', 'document'],
  ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'Worker', 'MessageChannel', 'BroadcastChannel'],
  ...['localStorage', 'sessionStorage', 'eval', 'Function', 'AbortSignal'],
]);

/** Programs that build something: they lie beside what they build, and belong to no room's work. */
const builders = /\/build\.mjs$/;

/** Why a file has to be pure, or null. */
export function pureBecause({ path, header }: Source): string | null {
  if (builders.test(path)) return null;
  const isEntry = (entries as readonly string[]).includes(path);
  if (path.startsWith('src/') && !path.startsWith('src/host/') && !isEntry)
    return 'src is pure but for host/ and the entries';
  if (path.startsWith('coordinator/step/')) return 'the machine of a step is pure';
  return /(^|[.:;] )pure\b/i.test(header) ? 'its header says so' : null;
}

export function pureFilesArePure(house: House): readonly string[] {
  const byPath = new Map(house.sources.map((source) => [source.path, source]));

  /** What makes a file impure, directly or by what it imports; each file is asked once. */
  const known = new Map<string, string | null>();
  const taintOf = (source: Source): string | null => {
    const before = known.get(source.path);
    if (before !== undefined) return before;
    known.set(source.path, null);
    let taint = ownTaint(source);
    for (const { target, typesOnly } of source.imports) {
      const next = byPath.get(target);
      if (taint !== null || typesOnly || next === undefined) continue;
      const theirs = taintOf(next);
      if (theirs !== null) taint = `imports ${target}, which ${theirs}`;
    }
    known.set(source.path, taint);
    return taint;
  };

  return house.sources.flatMap((source) => {
    const why = pureBecause(source);
    const taint = why === null ? null : taintOf(source);
    return taint === null ? [] : [`${source.path} ${taint}: it has to be pure, since ${why}`];
  });
}

function ownTaint({ imports, globals }: Source): string | null {
  const name = [...globals].find((one) => impureNames.has(one));
  if (name !== undefined) return `uses ${name}`;
  for (const { target, names } of imports) {
    if (/^(src|coordinator|worker)\//.test(target)) continue;
    const allowed = pureOfNode[target] ?? [];
    const isPure = purePackages.some((name) => target === name || target.startsWith(`${name}/`));
    const impure = isPure ? undefined : names.find((one) => !allowed.includes(one));
    if (impure !== undefined) return `imports ${impure === '*' ? '' : `${impure} from `}${target}`;
  }
  return null;
}
