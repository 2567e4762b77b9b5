// Whatever lies in a run folder instead of what was written there: each file with each field missing, of another type, out of
// range, from another run; truncated, empty, with flipped bits. Every reader then names the file or the field and a remedy, or
// comes to the very same result; none calls it a bug of its own, and none comes to another result. Each field is missing once,
// and is another thing drawn from a printed seed (LOCKSTEP_SEED); LOCKSTEP_THOROUGH=1 tries all of them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportData } from '../../coordinator/report/report-data.ts';
import { readLog } from '../../coordinator/run-folder/run-log-file.ts';
import { trainAndReport } from '../../coordinator/train-and-report.ts';
import { resolveWithRun } from '../../coordinator/training/resolve-with-run.ts';
import { LockstepError } from '../../src/errors.ts';
import { wiring } from '../../src/library.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { digestOf } from '../../src/run/digest.ts';
import { jsonText } from '../../src/run/disk-records.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { readReceipts, receiptsFileName } from '../../src/run/receipts.ts';
import { receiptsOnDisk, resultsOnDisk } from '../support/run-on-disk.ts';
import { seeded } from '../support/seeded.ts';
import { writeTinyData } from '../support/tiny-data.ts';

/** What may be given anew with every resumption, and is given here: that it stands otherwise in config.json is no harm. */
const given = { epochs: 4, maxSteps: null, patience: null, checkpointEvery: 2, keepLast: 2, threads: 0 } as const;

let folder: string;
let finished: string;
let interrupted: string;
let another: string;
/** What each of the two gives when nothing is wrong. */
let told: Awaited<ReturnType<typeof lookAt>>;
let resumed: { readonly finished: unknown; readonly interrupted: unknown };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-malformed-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 90, test: 20, rows: 8, columns: 8 });
  const options = {
    ...given,
    data,
    epochs: 2,
    batchSize: 16,
    shards: 2,
    valSize: 20,
    hidden: [8],
    select: 'best' as const,
  };
  [finished, interrupted, another] = ['finished', 'interrupted', 'another'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await live({ ...options, out: finished });
  await live({ ...options, out: another, seed: 7 });
  const controller = new AbortController();
  const stopped = live({ ...options, epochs: 4, out: interrupted }, controller.signal, (event) => {
    if (event.type === 'checkpoint' && event.step >= 8) controller.abort();
  });
  await expect(stopped).rejects.toMatchObject({ exitCode: 130 });
  told = await lookAt(finished);
  resumed = { finished: await goOn(finished, () => {}), interrupted: await goOn(interrupted, () => {}) };
});
afterAll(() => rm(folder, { recursive: true }));

/** A run with all that it leaves but its report. */
async function live(
  options: Partial<TrainOptions>,
  signal = new AbortController().signal,
  onEvent: (event: TrainEvent) => void = () => undefined,
): Promise<void> {
  const asked = await resolveWithRun({ report: false, ...options }, null, 'option');
  await trainAndReport(asked, { signal, onEvent }, wiring);
}

/** What evaluate, predict, export and report see. */
async function lookAt(run: string) {
  const { trained, history, inference } = await reportData(run, null, wiring);
  return { digest: digestOf(trained.model.parameters), history, figures: inference.means };
}

/** The bits of a copy that was spoiled and then resumed. */
async function goOn(run: string, spoil: (copy: string) => unknown): Promise<unknown> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  try {
    await cp(run, copy, { recursive: true });
    await spoil(copy);
    await live({ ...given, resume: copy });
    const { processes } = await readLog(copy);
    // of a run that is finished nothing is read but its results
    const receipts = run === interrupted ? wholeAgain(run, await receiptsOnDisk(copy)) : null;
    return { ...(await resultsOnDisk(copy)), receipts, logged: processes.length > 0 };
  } finally {
    await rm(copy, { recursive: true });
  }
}

type SomeReceipts = Awaited<ReturnType<typeof receiptsOnDisk>>;

/** Those that were spoiled begin anew where the run goes on: with what stood before, they have to be what they would have been. */
function wholeAgain(run: string, receipts: SomeReceipts): SomeReceipts {
  const known = readReceipts(readFileSync(join(run, receiptsFileName), 'utf8'));
  if (receipts === null || 'why' in known) throw new Error(`No receipts, or ${JSON.stringify(known)}`);
  const before = known.value.hashes.slice(0, receipts.from);
  return { ...receipts, from: 0, hashes: [...before, ...receipts.hashes] };
}

/** Null where it came to `right`; else the refusal, which has to be one of ours. */
async function refusalOf(attempt: () => Promise<unknown>, right: unknown): Promise<LockstepError | null> {
  try {
    expect(await attempt()).toEqual(right);
    return null;
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    expect(error.mend.length).toBeGreaterThan(10);
    expect(error.exitCode).toBe(2);
    return error;
  }
}

/** All readers, on a run that was spoiled. `names`: what a refusal has to name, one of them. */
async function tryAll(spoil: (copy: string) => unknown, names: readonly string[]): Promise<number> {
  let refusals = 0;
  const look = async () => {
    const copy = await mkdtemp(join(folder, 'copy-'));
    await cp(finished, copy, { recursive: true });
    await spoil(copy);
    return await lookAt(copy).finally(() => rm(copy, { recursive: true }));
  };
  for (const error of [
    await refusalOf(look, told),
    await refusalOf(() => goOn(finished, spoil), resumed.finished),
    await refusalOf(() => goOn(interrupted, spoil), resumed.interrupted),
  ]) {
    if (error === null) continue;
    refusals++;
    expect(
      names.some((name) => error.message.includes(name)),
      `${error.message} names none of ${names}`,
    ).toBe(true);
  }
  return refusals;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Path = readonly (string | number)[];

/** Every place in a value; of lists the first and the last element. */
function placesOf(value: Json, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()].filter(([i]) => i === 0 || i === value.length - 1)
    : Object.entries(value);
  return [at, ...entries.flatMap(([key, each]) => placesOf(each, [...at, key]))];
}

const MISSING = Symbol('missing');

/** A copy with something else at that place. */
function withValue(value: Json, [key, ...rest]: Path, put: Json | typeof MISSING): Json | typeof MISSING {
  if (key === undefined) return put;
  const copy = structuredClone(value) as { [key: string]: Json };
  const inner = withValue(copy[key]!, rest, put);
  if (inner === MISSING) delete copy[key];
  else copy[key] = inner;
  return copy;
}

const others: readonly Json[] = [null, 'x', '', -1, 0.5, 1e300, true, [], {}, [{}], '\u001b[2J'];
const random = seeded('malformed run');
const thorough = process.env['LOCKSTEP_THOROUGH'] === '1';

function instead(): (Json | typeof MISSING)[] {
  return [MISSING, ...(thorough ? others : [random.pick(others)])];
}

const text = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Json;

/** Puts a JSON file into a run folder, if it has one of that name. */
async function put(copy: string, name: string, value: Json | typeof MISSING): Promise<void> {
  const path = join(copy, name);
  if (value === MISSING) await rm(path, { force: true });
  else await writeFile(path, jsonText(value, 2));
}

describe.each(['config.json', 'history.json', 'summary.json', 'log.json'])('%s', (name) => {
  test('each field missing, of another type or out of range', { timeout: 300_000 }, async () => {
    let refusals = 0;
    let tried = 0;
    for (const run of ['finished', 'interrupted']) {
      const value = await text(join(folder, run, name)).catch(() => null);
      if (value === null) continue;
      for (const path of placesOf(value)) {
        for (const other of instead()) {
          const spoilt = withValue(value, path, other);
          const field = String(path.findLast((key) => typeof key === 'string') ?? name);
          const spoil = async (copy: string) => {
            // into the run that it is of
            const own = await text(join(copy, name)).catch(() => null);
            if (jsonText(own) === jsonText(value)) await put(copy, name, spoilt);
          };
          refusals += await tryAll(spoil, [name, field, `--${field.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`]);
          tried++;
        }
      }
    }
    console.info(`${name}: ${tried} ways to spoil it, ${refusals} refusals, the right result everywhere else`);
    expect(tried).toBeGreaterThan(50);
  });

  test('of another run', async () => {
    await tryAll(async (copy) => cp(join(another, name), join(copy, name)), [name, 'another', 'seed']);
  });
});

test('a checkpoint whose state was changed and sealed again', { timeout: 300_000 }, async () => {
  const newest = (await readdir(join(interrupted, 'checkpoints'))).sort().at(-1)!;
  const path = join('checkpoints', newest, 'state.json');
  const { checksum: _, ...state } = (await text(join(interrupted, path))) as { [key: string]: Json };
  let tried = 0;
  for (const place of placesOf(state)) {
    for (const other of instead()) {
      const spoilt = withValue(state, place, other);
      // timings, and what is for people, are nobody's bits
      if (spoilt === MISSING || ['seconds', 'timings', 'program', 'trainingSeconds'].includes(String(place[0])))
        continue;
      // sums of the epoch under way stand nowhere else
      if (place[0] === 'sums' || (place[0] === 'validation' && place.length > 0)) continue;
      const json = JSON.stringify(spoilt, null, 2);
      const body = json.slice(0, json.lastIndexOf('\n}'));
      const sealed = `${body},\n  "checksum": "${createHash('sha256').update(body).digest('hex')}"\n}\n`;
      const error = await refusalOf(
        () => goOn(interrupted, (copy) => writeFile(join(copy, path), sealed)),
        resumed.interrupted,
      );
      const field = String(place.findLast((key) => typeof key === 'string') ?? 'state.json');
      if (error !== null) expect(error.message).toMatch(new RegExp(`${field}|checkpoint|${String(place[0])}`));
      tried++;
    }
  }
  console.info(`state.json: ${tried} ways to spoil it`);
  expect(tried).toBeGreaterThan(100);
});

test('every file truncated, empty, and with flipped bits', { timeout: 300_000 }, async () => {
  for (const run of [finished, interrupted]) {
    const files = (await readdir(run, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    for (const file of files) {
      const path = join(file.parentPath, file.name).slice(run.length + 1);
      const bytes = await readFile(join(run, path));
      const flipped = () => {
        const copy = Buffer.from(bytes);
        const bit = random.integer(0, 8 * bytes.length - 1);
        copy[bit >> 3]! ^= 1 << (bit & 7);
        return copy;
      };
      const contents = [
        Buffer.alloc(0),
        bytes.subarray(0, bytes.length - 1),
        bytes.subarray(0, random.integer(1, bytes.length - 1)),
        Buffer.concat([bytes, Buffer.from('x')]),
        ...Array.from({ length: thorough ? 50 : 2 }, flipped),
      ];
      for (const content of contents) {
        const spoil = async (copy: string) => {
          const there = await readFile(join(copy, path)).catch(() => null);
          if (there?.equals(bytes)) await writeFile(join(copy, path), content);
        };
        await tryAll(spoil, [file.name, 'checkpoint', 'another', 'was started', 'configuration file', 'data']);
      }
    }
  }
});
