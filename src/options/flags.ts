// Flags of the commands other than train: a table row each, and the check of what was typed. Knows no command.

import { LockstepError } from '../errors.ts';
import { shownOption } from '../text/shown-value.ts';
import type { Kind } from './value-kinds.ts';

export interface Flag<T> {
  /** In commander's notation. */
  readonly flag: string;
  readonly kind: Kind<T>;
  readonly default: T;
  /** What the help shows as the default, where the value itself would say nothing. */
  readonly defaultText?: string;
  readonly help: string;
}

export type Flags<O> = { readonly [K in keyof O]: Flag<O[K]> };

/** Defaults filled in, every value checked. `given` holds only what was typed. */
export function checkedFlags<O>(flags: Flags<O>, given: Readonly<Record<string, unknown>>, command: string): O {
  const rows = Object.entries<Flag<unknown>>(flags as Readonly<Record<string, Flag<unknown>>>);
  const values = rows.map(([key, { flag, kind, default: fallback }]) => {
    const value = given[key];
    if (value === undefined) return [key, fallback];
    if (kind.accepts(value)) return [key, value];
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `${flag.split(' ')[0]} cannot be ${shownOption(value, kind)}`,
      why: `it must be ${kind.allowed}`,
      mend: `lockstep ${command} --help lists all flags`,
    });
  });
  // Sound because every value was accepted by the kind of its row.
  return Object.fromEntries(values) as O;
}
