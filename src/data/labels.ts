// Labels as a file has them -> a byte each. Pure; knows no format.

import { LockstepError } from '../errors.ts';

/** Numbers of a file, of which the first is label `at`. @throws LockstepError where one is no whole number from 0 to 255 */
export function labelBytes(
  numbers: ArrayLike<number>,
  { name, type, at = 0 }: { readonly name: string; readonly type: string; readonly at?: number },
): Uint8Array {
  const labels = new Uint8Array(numbers.length);
  for (let i = 0; i < labels.length; i++) {
    const value = numbers[i]!;
    labels[i] = value;
    if (labels[i] === value) continue;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MALFORMED',
      what: `${name} holds numbers that cannot be used`,
      why: `label ${at + i} is ${value} (type ${type}), and only whole numbers from 0 to 255 can be used`,
      mend: 'Write the labels as whole numbers from 0 to 255',
    });
  }
  return labels;
}
