// A value of a user's file as text for a message: short, and never an error of its own, however deep it is.

import { hideCredentials } from './credentials.ts';

/** Of an option, as the user wrote it, but without a password. */
export function shownOption(
  value: unknown,
  { shown = hideCredentials }: { readonly shown?: ((value: string) => string) | undefined },
): string {
  if (value === '') return 'empty';
  if (typeof value === 'string') return shown(value);
  const list = Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? shown(one) : one)) : value;
  return hideCredentials(shownValue(list));
}

/** The same of one that was typed, in a flag or a variable: a list as it stands there, with commas. */
export function shownTyped(value: unknown, kind: Parameters<typeof shownOption>[1]): string {
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number');
  return shownOption(isList ? value.join(',') : value, kind);
}

/** A text as it is, anything else as JSON. */
export function bareValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Of an option in which runs differ, where they are set side by side: of data the beginning of their SHA-256. */
export function differingValue(name: string, value: unknown): string {
  return name === 'data' ? `${String(value).slice(0, 12)}...` : bareValue(value);
}

export function shownValue(value: unknown, most = 60): string {
  // JSON alone would show NaN and Infinity as null
  const text = typeof value === 'number' ? String(value) : jsonOf(value);
  return text.length > most ? `${text.slice(0, most)}...` : text;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Array.isArray(value) ? 'a list nested too deep' : 'an object nested too deep';
  }
}
