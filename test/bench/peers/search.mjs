// A search for the recipe of least cost, the same for everybody: one thing after the other is changed, and what is best is
// kept, until a whole turn changes nothing. Pure but for the cost that it is handed.

const rates = [0.003, 0.001, 0.006, 0.01];
const schedules = [
  { schedule: 'constant', epochs: 15 },
  ...[2, 3, 4, 5, 6, 8].map((epochs) => ({ schedule: 'onecycle', epochs })),
];

/**
 * What is tried, one list for each thing; the search begins with the first of each. Rate and schedule are one thing: the
 * shorter a run is, the higher is the rate that it needs.
 */
export const choices = {
  course: schedules.flatMap((schedule) => rates.map((lr) => ({ ...schedule, lr }))),
  batch: [256, 128, 512, 1024, 2048],
  augment: [false, true],
  /** Evaluations in an epoch. */
  evaluations: [1, 2, 4],
};

/**
 * The cheapest recipe found and its cost. `costOf(recipe, best)` may give up, with Infinity, on what costs more than `best`;
 * it is asked once for each recipe, but for the one to be beaten, which is asked anew for each thing: what was cheap because
 * the machine had a calm minute does not stay so.
 */
export async function cheapestRecipe(choices, costOf, turns = 3) {
  let recipe = Object.fromEntries(Object.entries(choices).map(([thing, [first]]) => [thing, first]));
  const tried = new Set([JSON.stringify(recipe)]);
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < turns; turn++) {
    const before = recipe;
    for (const [thing, values] of Object.entries(choices)) {
      const all = values.map((value) => ({ ...recipe, [thing]: value }));
      const others = all.filter((one) => !tried.has(JSON.stringify(one)));
      if (others.length === 0) continue;
      best = await costOf(recipe, Number.POSITIVE_INFINITY);
      for (const other of others) {
        tried.add(JSON.stringify(other));
        const cost = await costOf(other, best);
        if (cost < best) [recipe, best] = [other, cost];
      }
    }
    if (recipe === before) break;
  }
  return { recipe, cost: best };
}

export function recipeInWords({ course, augment, batch, evaluations }) {
  const { schedule, epochs, lr } = course;
  const rate = schedule === 'constant' ? `rate ${lr}, constant` : `one-cycle up to ${lr} over ${epochs} epochs`;
  const tests = evaluations === 1 ? 'an evaluation an epoch' : `${evaluations} evaluations an epoch`;
  return `batch ${batch}, ${rate}, ${augment ? 'with' : 'without'} augmentation, ${tests}`;
}
