// A model with what people who are handed it need to know besides its weights.

import type { Model } from '../model/model.ts';
import type { Means } from '../sums.ts';

export interface Described {
  readonly model: Model;
  /** One a class; they are what others wrote, and to be quoted. null: classes are numbers. */
  readonly classNames: readonly string[] | null;
  /** Of the run. */
  readonly name: string;
  /** SHA-256 (hex) of the parameters. */
  readonly digest: string;
  /** On the test images; null: of a checkpoint, or of a run that is not finished. */
  readonly test: Means | null;
}

/** What each class is called, in their order. */
export function classesOf({ model, classNames }: Pick<Described, 'model' | 'classNames'>): readonly string[] {
  return classNames ?? Array.from({ length: model.widths.at(-1)! }, (_, label) => String(label));
}
