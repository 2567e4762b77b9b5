// A wide net for equality: whole lives of runs, drawn from a printed seed, are lived on the real program and then replayed by
// a loop of the test's own (lives/replay.ts). LOCKSTEP_LIVES says how many (default 300), LOCKSTEP_SEED draws the same ones
// again; `npm run test:lives` lives 3,000. What fails is made shorter by fast-check and written to test/scenarios/lives/,
// where test/promise/lives/scenarios.test.ts lives it again. Needs dist/.

import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawnLife } from './lives/draw-life.ts';
import type { Life } from './lives/life.ts';
import { bothBits } from './lives/play-life.ts';
import { endWorld, makeWorld, partOf } from './lives/world.ts';

const lives = Number(process.env['LOCKSTEP_LIVES'] ?? 300);
const seed = Number(process.env['LOCKSTEP_TEST_SEED'] ?? Date.now() % 1_000_000);

/** What takes place in so many lives: by chance in a few more than these. */
const kinds = [
  'stop',
  'crash',
  'kill',
  'asked',
  'inMidEpoch',
  'changes',
  'change of data',
  'change of batchSize',
  'change of limitTrain',
  'change of transpose',
  'refused',
  'threads',
  'cluster',
  'leaves',
  'dies',
  'late',
  'notFinite',
  'partsNotFinite',
  'from best',
  'from first',
  'engineFails',
];
const enoughLives = 300;

test(`${lives} lives of runs leave the bits of a loop that knows nothing of lives`, {
  timeout: lives * 10_000,
}, async () => {
  console.info(`lives: LOCKSTEP_SEED=${seed} LOCKSTEP_LIVES=${lives}`);
  const world = await makeWorld();
  const counts: Record<string, number> = { lives: 0, stages: 0, changes: 0 };
  const add = (what: string, n: number) => {
    counts[what] = (counts[what] ?? 0) + n;
  };
  let failed = false;
  const live = async (life: Life) => {
    // while a life that hangs is made shorter, many are tried that hang as well
    const own = { ...(await partOf(world)), ...(failed ? { stageMs: 5_000 } : {}) };
    const { lived, replayed } = await bothBits(life, own).catch((error) => {
      failed = true;
      throw error;
    });
    add('lives', 1);
    add('stages', life.stages.length);
    add('changes', lived.changes.length);
    for (const [what, n] of Object.entries(lived.counts)) add(what, n);
    for (const { name } of lived.changes) add(`change of ${name}`, 1);
    failed ||= !isDeepStrictEqual(lived.bits, replayed);
    expect(lived.bits).toEqual(replayed);
    await rm(own.folder, { recursive: true });
  };
  let underWay = Promise.resolve();
  const property = fc.asyncProperty(drawnLife, async (life: Life) => {
    underWay = live(life);
    await underWay;
  });
  const liveSome = (from: number, numRuns: number) =>
    fc.check(property, {
      seed: from,
      numRuns,
      // it keeps the shortest that was found by then
      interruptAfterTimeLimit: 60_000 + numRuns * 2_000,
    });
  const missing = () => kinds.filter((what) => !counts[what]);
  let result = await liveSome(seed, lives);
  for (let more = 1; more <= 6 && counts['lives']! >= enoughLives && missing().length > 0 && !result.failed; more++) {
    console.info(`lives: 50 more, since these were not met: ${missing().join(', ')}`);
    result = await liveSome(seed + more, 50);
  }
  console.info('lives:', JSON.stringify(counts));
  // where its time is over, the check does not wait for the life that it was at
  await underWay.catch(() => undefined);
  await endWorld(world);
  if (result.failed && result.counterexample !== null) {
    const [life] = result.counterexample;
    const file = fileURLToPath(new URL(`../scenarios/lives/found-${result.seed}.json`, import.meta.url));
    writeFileSync(file, `${JSON.stringify({ why: 'found by test/promise/lives.slow.ts', life }, null, 2)}\n`);
    console.error(`A life that failed, made shorter, is kept in test/scenarios/lives/found-${result.seed}.json`);
    throw result.errorInstance;
  }
  expect(result.failed).toBe(false);
  if (counts['lives']! >= enoughLives) expect(missing()).toEqual([]);
});
