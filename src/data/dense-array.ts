// An array of numbers in a file, as its header tells: all that is needed to read its elements one after the other. Types only.

import type { ElementType } from './elements.ts';

export interface DenseArray {
  /** Of its file, for error messages. */
  readonly name: string;
  readonly type: ElementType;
  readonly elements: number;
  /** @throws LockstepError unless `found` bytes are those of all elements; Infinity: of more than that, nobody counted */
  checkLength(found: number): void;
}
