// A search for the recipe of least cost, the same for everybody: one thing after the other is changed, and what is best is
// kept, until a whole turn changes nothing. Pure but for the cost that it is handed.

/** What is tried, one list for each thing; the search begins with the first of each. */
export const choices = {
  course: [
    { schedule: 'constant', epochs: 15 },
    ...[1, 2, 3, 4, 6, 8].map((epochs) => ({ schedule: 'onecycle', epochs })),
  ],
  augment: [false, true],
  batch: [512, 128, 256, 1024, 2048],
  lr: [0.003, 0.001, 0.002, 0.005, 0.007, 0.01],
  /** Evaluations in an epoch. */
  evaluations: [1, 2, 4],
};

/**
 * The cheapest recipe found and its cost. `costOf(recipe, best)` may give up, with Infinity, on what costs more than `best`;
 * it is asked once for each recipe.
 */
export async function cheapestRecipe(choices, costOf, turns = 3) {
  const known = new Map();
  const cost = async (recipe, best) => {
    const key = JSON.stringify(recipe);
    if (!known.has(key)) known.set(key, await costOf(recipe, best));
    return known.get(key);
  };
  let recipe = Object.fromEntries(Object.entries(choices).map(([thing, [first]]) => [thing, first]));
  let best = await cost(recipe, Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < turns; turn++) {
    const before = recipe;
    for (const [thing, values] of Object.entries(choices)) {
      for (const value of values) {
        const other = { ...recipe, [thing]: value };
        const its = await cost(other, best);
        if (its < best) [recipe, best] = [other, its];
      }
    }
    if (recipe === before) break;
  }
  return { recipe, cost: best };
}

export function recipeInWords({ course, augment, batch, lr, evaluations }) {
  const { schedule, epochs } = course;
  const rate = schedule === 'constant' ? `rate ${lr}, constant` : `one-cycle up to ${lr} over ${epochs} epoch(s)`;
  const tests = evaluations === 1 ? 'an evaluation an epoch' : `${evaluations} evaluations an epoch`;
  return `batch ${batch}, ${rate}, ${augment ? 'with' : 'without'} augmentation, ${tests}`;
}
