// Class numbers of other data -> those that a model has learned, by the names of the classes. Pure.

import { LockstepError } from '../../src/errors.ts';

export interface Classes {
  readonly classes: number;
  /** null: plain numbers from 0. */
  readonly classNames: readonly string[] | null;
}

/**
 * The model's number of each class of the data; null where they are the same numbers. Where only the model has names, and the
 * numbers are none of them, they are its class numbers. @throws LockstepError where the data have a class that the model has not
 */
export function sameClasses(model: Classes, data: Classes, run: string): Uint8Array | null {
  const known = namesOf(model);
  const found = namesOf(data);
  const numbers = found.map((name) => known.indexOf(name));
  if (numbers.every((number, at) => number === at)) return null;
  if (data.classNames === null && numbers.includes(-1)) return null;
  const stray = found.find((_, at) => numbers[at] === -1);
  if (stray === undefined) return Uint8Array.from(numbers);
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `The classes do not fit the model of ${run}`,
    why: `they have "${stray}", and the model knows ${shown(known)}`,
    mend: 'Name the classes as those of the data that the run was trained on',
  });
}

function namesOf({ classes, classNames }: Classes): readonly string[] {
  return classNames ?? Array.from({ length: classes }, (_, number) => String(number));
}

const MOST_SHOWN = 6;

function shown(names: readonly string[]): string {
  const some = names.slice(0, MOST_SHOWN).map((name) => `"${name}"`);
  return names.length > MOST_SHOWN ? `${some.join(', ')} and ${names.length - MOST_SHOWN} more` : some.join(', ');
}
