// What a pure file may not touch: the clock, chance, disk, sockets, processes, and files that touch them. Judged by what a
// file imports and by the names that it uses.

import { entries } from './floors.ts';
import { builders, type House, type Source } from './house.ts';

/** What pure files may take of Node: functions of their arguments. */
const pureOfNode: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'createHmac', 'hash', 'timingSafeEqual', 'Hash'],
  'node:net': ['isIP', 'isIPv4', 'isIPv6'],
  'node:zlib': ['constants', 'crc32', 'deflateSync', 'gunzipSync', 'inflateSync'],
};

/** Packages that only compute. */
const purePackages = ['commander', 'jpeg-js', 'leven', 'msgpackr', 'pngjs', 'valibot'];

/** What the language gives to pure files. Not among it: Date, Math.random, Intl, Atomics, WeakRef, Function, eval, globalThis. */
const pureNames = new Set([
  ...[
    'undefined',
    'NaN',
    'Infinity',
    'Object',
    'Array',
    'Map',
    'Set',
    'WeakMap',
    'WeakSet',
    'Symbol',
    'Proxy',
    'Reflect',
  ],
  ...['String', 'Number', 'Boolean', 'BigInt', 'RegExp', 'JSON', 'Promise', 'arguments'],
  ...['parseInt', 'parseFloat', 'isNaN', 'isFinite', 'structuredClone'],
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'AggregateError', 'URIError'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Uint8Array', 'Uint8ClampedArray', 'Int8Array', 'Uint16Array'],
  ...['Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
  ...['Buffer', 'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', 'atob', 'btoa', 'WebAssembly'],
  ...['encodeURIComponent', 'decodeURIComponent', 'encodeURI', 'decodeURI'],
]);

/** AssemblyScript's own: instructions on the memory that it is handed. */
const assembly = 'src/kernels/assembly/';
const pureNamesOfAssembly = new Set([
  ...['bool', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'isize', 'usize', 'f32', 'f64'],
  ...['v128', 'i8x16', 'i16x8', 'i32x4', 'i64x2', 'f32x4', 'f64x2'],
  ...['load', 'store', 'memory', 'changetype', 'reinterpret', 'offsetof', 'sizeof', 'alignof', 'select', 'unchecked'],
  ...['isDefined', 'WIDE_VECTORS'],
  ...['unmanaged', 'inline', '__heap_base'],
  ...['NativeMath', 'abs', 'ceil', 'floor', 'nearest', 'trunc', 'sqrt', 'min', 'max', 'copysign'],
  ...['clz', 'ctz', 'popcnt', 'rotl', 'rotr'],
]);

/** Members that ask the machine for its language, its clock or its chance, whatever they are members of. */
const impureMembers = /^(toLocale\w*|localeCompare|constructor)$/;

/** Why a file has to be pure, or null. */
function pureBecause({ path, header }: Source): string | null {
  if (builders.test(path)) return null;
  const isEntry = (entries as readonly string[]).includes(path);
  if (path.startsWith('src/') && !path.startsWith('src/host/') && !isEntry)
    return 'src is pure but for host/ and the entries';
  if (path.startsWith('coordinator/step/')) return 'the machine of a step is pure';
  return callsItselfPure(header) ? 'its header says so' : null;
}

/** The word is said, and not denied: "pure", "Pure machine", "a pure function of", but not "not pure", "impure". */
export function callsItselfPure(header: string): boolean {
  const claims = header.replaceAll(/\b(not|never|neither|nor|no|less than|hardly)( \w+)? pure\b/gi, '');
  return /(?<![\w-])pure\b/i.test(claims);
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

function ownTaint({ path, imports, globals, members }: Source): string | null {
  const name =
    [...globals].find((one) => !isPureName(path, one)) ?? [...members].find((one) => impureMembers.test(one));
  if (name !== undefined) return `uses ${name}`;
  for (const { target, names } of imports) {
    if (/^(src|coordinator|worker)\//.test(target)) continue;
    if (target.startsWith('=')) return `imports what is computed, ${target.slice(1)}`;
    const allowed = pureOfNode[target] ?? [];
    const isPure = purePackages.some((name) => target === name || target.startsWith(`${name}/`));
    const impure = isPure ? undefined : names.find((one) => !allowed.includes(one));
    if (impure !== undefined) return `imports ${impure === '*' ? '' : `${impure} from `}${target}`;
  }
  return null;
}

function isPureName(path: string, name: string): boolean {
  if (pureNames.has(name) || (name.startsWith('Math.') && name !== 'Math.random')) return true;
  return path.startsWith(assembly) && pureNamesOfAssembly.has(name);
}
