// A run of one epoch, of 22 steps, to be gone on with from copies of it.

import { join } from 'node:path';
import { type Digits, makeDigits } from './digits.ts';
import { copyOf, runOnDisk } from './run-on-disk.ts';

export interface BegunRun {
  readonly digits: Digits;
  /** The folder of a new copy. */
  copy(): Promise<string>;
  remove(): void;
}

export async function makeBegunRun(): Promise<BegunRun> {
  const digits = await makeDigits();
  const begun = join(digits.folder, 'begun');
  await runOnDisk({ ...digits.short, epochs: 1, threads: 0, out: begun });
  let copies = 0;
  return {
    digits,
    copy: () => copyOf(begun, join(digits.folder, `copy-${copies++}`)),
    remove: () => digits.remove(),
  };
}
