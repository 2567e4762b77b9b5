// Flags of the commands: a table row each, and the check of what was typed. Knows no command.

import { LockstepError } from '../errors.ts';
import { shownTyped } from '../text/shown-value.ts';
import type { Kind } from './value-kinds.ts';

export interface Flag<T> {
  /** In commander's notation. */
  readonly flag: string;
  readonly kind: Kind<T>;
  readonly default: T;
  /** What the help shows as the default, where the value itself would say nothing. */
  readonly defaultText?: string;
  readonly help: string;
  /** Heading in the help; one without, where others have one, comes under "Other:". */
  readonly group?: string;
  /** A second flag, without a value, that sets false. */
  readonly negated?: { readonly flag: string; readonly help: string };
  /** It must be given: the default only stands in the help. */
  readonly required?: true;
  /** What mends a value that is refused, where the list of flags would not tell. */
  readonly mend?: string;
}

export type Flags<O> = { readonly [K in keyof O]: Flag<O[K]> };

/** Defaults filled in, every value checked. `given` holds only what was typed. */
export function checkedFlags<O>(flags: Flags<O>, given: Readonly<Record<string, unknown>>, command: string): O {
  const rows = Object.entries<Flag<unknown>>(flags as Readonly<Record<string, Flag<unknown>>>);
  const values = rows.map(([key, { flag, kind, default: fallback, required, mend }]) => {
    const value = given[key];
    const missing = value === undefined && required;
    if (value === undefined && !missing) return [key, fallback];
    if (kind.accepts(value)) return [key, value];
    const name = bareFlag(flag);
    const meant = missing ? null : (kind.meant?.(value) ?? null);
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: missing ? `${name} is missing` : `${name} cannot be ${shownTyped(value, kind)}`,
      why: `it must be ${kind.allowed}`,
      mend:
        meant === null
          ? (mend ?? `lockstep ${command} --help lists all flags`)
          : `Did you mean ${name} ${shownTyped(meant, kind)}?`,
    });
  });
  // Sound because every value was accepted by the kind of its row.
  return Object.fromEntries(values) as O;
}

/** The flag as one types it, without its value: "--batch-size". */
export function bareFlag(flag: string): string {
  return flag.split(' ')[0]!;
}

/** A flag of `train` in the help of another command. */
export function ungrouped<T>({ flag, kind, default: value, defaultText, help }: Flag<T>): Flag<T> {
  return { flag, kind, default: value, help, ...(defaultText === undefined ? {} : { defaultText }) };
}
