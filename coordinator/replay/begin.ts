// Where a recomputation begins: at the state that is at hand, at a checkpoint, or at step 0. Pure.

export interface Begin {
  readonly at: 'here' | 'checkpoint' | 'start';
  /** The step whose state it begins with. */
  readonly from: number;
  /** How many steps it takes from there. */
  readonly cost: number;
}

/**
 * The way to the state that step `step` reads that takes the fewest steps.
 * @param checkpoints the steps of those that there are
 * @param here the step whose state is at hand; null: none is
 */
export function beginFor(step: number, checkpoints: readonly number[], here: number | null): Begin {
  const usable = [...checkpoints, 0, ...(here === null ? [] : [here])].filter((from) => from <= step);
  const from = usable.reduce((most, one) => Math.max(most, one), 0);
  const at = from === here ? 'here' : checkpoints.includes(from) ? 'checkpoint' : 'start';
  return { at, from, cost: step - from };
}
