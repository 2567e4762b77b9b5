// Checks of single header fields: unknown in, a typed value out, or a ProtocolError that names the field. Strict: no
// conversions, no defaults, no unknown fields.

import type { Plain } from './codec.ts';
import { ProtocolError } from './protocol-error.ts';

/** `path` names the field for the error, e.g. "hello.threads". */
export type Check<T> = (value: unknown, path: string) => T;

export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value, path) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
      ? value
      : refuse(path, `an integer from ${least} to ${most}`, value);
}

export const uint32: Check<number> = integer(0, 2 ** 32 - 1);

/** Milliseconds, 0 to 12 days. */
export const milliseconds: Check<number> = (value, path) =>
  typeof value === 'number' && value >= 0 && value <= 2 ** 30 ? value : refuse(path, 'milliseconds', value);

export const yesOrNo: Check<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, 'true or false', value);

/** Any float64, NaN and infinities included: for the one field where they are an honest report. */
export const anyNumber: Check<number> = (value, path) =>
  typeof value === 'number' ? value : refuse(path, 'a number', value);

/** 1 to `most` characters, none of them a control, format, surrogate or line-separating character: safe in a log. */
export function text(most: number): Check<string> {
  return (value, path) =>
    typeof value === 'string' && value !== '' && value.length <= most && !unprintable.test(value)
      ? value
      : refuse(path, `1 to ${most} printable characters`, value);
}

const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Any error text -> what `text(most)` accepts. */
export function asText(value: string, most: number): string {
  const clean = value.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  // A cut may leave half of a pair behind; its other half goes too.
  return clean.slice(0, most).replace(/\p{Cs}$/u, '') || 'unknown';
}

export function oneOf<const T extends string>(allowed: readonly T[]): Check<T> {
  return (value, path) => allowed.find((one) => one === value) ?? refuse(path, `one of ${allowed.join(', ')}`, value);
}

/** SHA-256 in lower-case hex. */
export const digest: Check<string> = (value, path) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : refuse(path, '64 hex digits', value);

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null ? null : check(value, path));
}

export function list<T>(check: Check<T>, least: number, most: number): Check<readonly T[]> {
  return (value, path) =>
    Array.isArray(value) && value.length >= least && value.length <= most
      ? value.map((one, i) => check(one, `${path}[${i}]`))
      : refuse(path, `a list of ${least} to ${most}`, value);
}

/** A map of plain values; their depth was bounded by the walker. */
export const plainMap: Check<{ readonly [key: string]: Plain }> = (value, path) => {
  if (!isMap(value)) return refuse(path, 'a map', value);
  for (const [key, one] of Object.entries(value)) plain(one, `${path}.${key}`);
  return value as { readonly [key: string]: Plain };
};

const plain: Check<void> = (value, path) => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (Array.isArray(value)) return value.forEach((one, i) => void plain(one, `${path}[${i}]`));
  if (isMap(value)) return void plainMap(value, path);
  refuse(path, 'plain data', value);
};

export type Checks = Readonly<Record<string, Check<unknown>>>;
export type Checked<C extends Checks> = { readonly [K in keyof C]: ReturnType<C[K]> };

/** A map with exactly these fields. */
export function fields<C extends Checks>(checks: C): Check<Checked<C>> {
  const names = Object.keys(checks);
  return (value, path) => {
    if (!isMap(value)) return refuse(path, 'a map', value);
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(checks, name))
        throw new ProtocolError('badField', `${path} has an unknown field ${shown(name)}`);
    }
    const checked: Record<string, unknown> = {};
    for (const name of names) {
      if (!Object.hasOwn(value, name)) throw new ProtocolError('badField', `${path} lacks the field ${name}`);
      checked[name] = checks[name]!(value[name], `${path}.${name}`);
    }
    return checked as Checked<C>;
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(path: string, wanted: string, value: unknown): never {
  throw new ProtocolError('badField', `${path} must be ${wanted}, is ${shown(value)}`);
}

/** For an error and a log: short, and nothing that could start a line of its own. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value === '' ? '' : asText(value.slice(0, 200), 40)}"`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isMap(value)) return 'a map';
  return String(value);
}
