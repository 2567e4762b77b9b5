// Labels that are texts -> class numbers: the number itself where all of them are whole numbers from 0 to 255, else their place in
// the order of code points. Knows no format.

import { LockstepError } from '../../errors.ts';
import { byCodePoints } from '../../text/class-names.ts';
import { shownValue } from '../../text/shown-value.ts';

const MOST_CLASSES = 256;
/** As numbers are written, by pandas of a column with gaps as well. */
const number = /^(0|[1-9]\d{0,2})(?:\.0+)?$/;

export class LabelWords {
  readonly #numbers = new Map<string, number>();

  /** So many different ones were met. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The different ones, in the order of their numbers. */
  get texts(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  /** Whether a text can have a number. */
  hasRoomFor(text: string): boolean {
    return this.#numbers.size < MOST_CLASSES || this.#numbers.has(text);
  }

  /** A number for a text, the same each time; of the 256 that there may be. `where`: for an error message. */
  numberOf(text: string, where: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#numbers.size === MOST_CLASSES) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_DATA_MALFORMED',
        what: `${where} has too many different labels`,
        why: `there are more than ${MOST_CLASSES}, among them ${shownValue(text)}: perhaps that column holds something else`,
        mend: `Give data of at most ${MOST_CLASSES} classes; which column holds the labels says --label NAME`,
      });
    }
    const next = this.#numbers.size;
    this.#numbers.set(text, next);
    return next;
  }

  /**
   * What the numbers given so far stand for; `train`: labels by them, whose classes are those of the data set.
   * @throws LockstepError where another part has a class that they have not
   */
  classes(train: Uint8Array): { readonly classNames: readonly string[] | null; readonly labelOf: Uint8Array } {
    const { texts } = this;
    const labelOf = new Uint8Array(MOST_CLASSES);
    const values = texts.map((text) => Number(number.exec(text)?.[1] ?? Number.NaN));
    if (values.every((value) => value < MOST_CLASSES)) {
      labelOf.set(values);
      return { classNames: null, labelOf };
    }
    const seen = new Set(train);
    const stray = texts.find((_, at) => !seen.has(at));
    if (stray !== undefined) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_DATA_MISMATCH',
        what: `There is a class that is not trained on`,
        why: `test or validation images have the label ${shownValue(stray)}, and no training image has it`,
        mend: 'Put training and test data of one and the same data set together',
      });
    }
    const classNames = [...texts].sort(byCodePoints);
    for (const [label, text] of classNames.entries()) labelOf[this.#numbers.get(text)!] = label;
    return { classNames, labelOf };
  }
}
