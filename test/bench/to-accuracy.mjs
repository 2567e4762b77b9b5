// Prints the time from the start of the process (imports, data, compiling and evaluations included) to the first evaluation of
// the whole test set at 97 %, of Lockstep, JAX and PyTorch, each by the recipe that the same search finds for it. It asserts
// nothing: run it on a quiet machine.
// npm run bench:to-accuracy -- --python PATH

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { kinds, participantsOf } from './peers/participants.mjs';
import { linesOf } from './peers/processes.mjs';
import { loadSentence, markdownTable, median, withSection } from './peers/rates.mjs';
import { cheapestRecipe, choices, recipeInWords } from './peers/search.mjs';

const help = `npm run bench:to-accuracy -- [options]

--python PATH       a Python with jax, torch and numpy; without it ours alone is measured
--node PATH         a Node for ours (this one: ${process.version})
--until ACCURACY    of the whole test set (0.97)
--search-seeds N    runs of each recipe that the search tries (2)
--seeds N           runs of the best recipe, by other seeds (5)
--recipes JSON      no search, but these: {"lockstep": {...}, ...} as a search printed them
--only A,B          of ${kinds.join(', ')}
--write             put the table into test/bench/README.md`;

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    until: { type: 'string', default: '0.97' },
    'search-seeds': { type: 'string', default: '2' },
    seeds: { type: 'string', default: '5' },
    recipes: { type: 'string', default: '{}' },
    only: { type: 'string', default: kinds.join(',') },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const version = execFileSync(values.node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const only = values.only.split(',');
const node = { path: values.node, version };
const participants = participantsOf({ python: values.python ?? null, nodes: [node], wideNodes: [], only }).filter(
  ({ untilAccurate }) => untilAccurate !== null,
);
const until = Number(values.until);
const searchSeeds = Number(values['search-seeds']);
const longest = 90;

/** Seconds until it is that accurate; Infinity if it does not become so in its epochs, or within `limit` seconds. */
async function secondsOf(participant, recipe, seed, limit) {
  const lines = await linesOf({ ...participant.untilAccurate(recipe, seed, until), limit });
  const reached = lines.find(({ text }) => JSON.parse(text).test >= until);
  return reached?.seconds ?? Number.POSITIVE_INFINITY;
}

async function searched(participant) {
  const { recipe } = await cheapestRecipe(choices, async (recipe, best) => {
    // of two seeds one may be slower than the best, and the other faster
    const limit = Math.min(longest, 1.25 * best);
    const seconds = [];
    for (let seed = 1; seed <= searchSeeds && seconds.every(Number.isFinite); seed++) {
      seconds.push(await secondsOf(participant, recipe, seed, limit));
    }
    const cost = seconds.every(Number.isFinite) ? median(seconds) : Number.POSITIVE_INFINITY;
    const told = Number.isFinite(cost) ? `${cost.toFixed(2)} s` : `not reached in its epochs and ${limit.toFixed(1)} s`;
    process.stderr.write(`${participant.name}: ${recipeInWords(recipe)}: ${told}\n`);
    return cost;
  });
  return recipe;
}

const given = JSON.parse(values.recipes);
const recipes = [];
for (const participant of participants) recipes.push(given[participant.kind] ?? (await searched(participant)));
const found = Object.fromEntries(participants.map(({ kind }, i) => [kind, recipes[i]]));
process.stderr.write(`--recipes '${JSON.stringify(found)}'\n`);

const seconds = participants.map(() => []);
const loads = [];
for (let seed = 0; seed < Number(values.seeds); seed++) {
  const before = loadavg()[0];
  // seeds that no recipe was chosen by
  for (const [i, one] of participants.entries()) {
    seconds[i].push(await secondsOf(one, recipes[i], searchSeeds + 1 + seed, longest));
  }
  loads.push({ before, after: loadavg()[0] });
}

const shown = (value) => (Number.isFinite(value) ? value.toFixed(2) : 'not reached');
const own = participants.findIndex(({ peer }) => !peer);
const ratio = (i) => median(seconds[own]) / median(seconds[i]);
const percent = Number((until * 100).toFixed(2));
const rows = participants.map(({ name, peer }, i) => [
  name,
  recipeInWords(recipes[i]),
  shown(median(seconds[i])),
  seconds[i].map(shown).join(', '),
  peer && own !== -1 && Number.isFinite(median(seconds[i])) ? shown(ratio(i)) : '',
]);
const text = [
  `Seconds from the start of the process to the first evaluation of all 10,000 test images at ${percent} %: median of ` +
    `${seconds[0].length} seeds, in turn. ${availableParallelism()} cores of ${cpus()[0].model.trim()}, ${process.platform} ${process.arch}.`,
  markdownTable([['', 'recipe', 'seconds', 'by seed', 'ours : theirs'], ...rows]),
  loadSentence(loads),
].join('\n\n');
console.log(text);
if (values.write) {
  const file = fileURLToPath(new URL('README.md', import.meta.url));
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), 'to accuracy', text));
}
