// Runs in this process that write a run folder, may die on the way as a killed process would, and are resumed.

import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainWiring } from '../../coordinator/training/make-executor.ts';
import { resolveWithRun } from '../../coordinator/training/resolve-with-run.ts';
import { trainRun } from '../../coordinator/training/train-run.ts';
import { wiring } from '../../src/library.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { EpochRecord, Summary, TrainEvent } from '../../src/run/events.ts';
import { readReceipts, receiptsFileName } from '../../src/run/receipts.ts';
import type { Wiring } from '../../src/wiring.ts';
import { warningOf } from './train.ts';

export interface Ran {
  readonly summary: Summary;
  readonly events: readonly TrainEvent[];
}

export interface Around {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  readonly wiring?: Partial<TrainWiring>;
}

export async function runOnDisk(options: Partial<TrainOptions>, around: Around = {}): Promise<Ran> {
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => {
    events.push(event);
    around.onEvent?.(event);
  };
  const asked = await resolveWithRun(options, null, 'option');
  const hooks = around.signal === undefined ? { onEvent } : { onEvent, signal: around.signal };
  const summary = await trainRun(asked, hooks, { ...wiring, ...around.wiring });
  return { summary, events };
}

/** An inline run that dies in the middle of `step`. */
export async function dieAt(step: number, options: Partial<TrainOptions>): Promise<void> {
  const makeEngine: Wiring['makeEngine'] = async (...args) => {
    const engine = await wiring.makeEngine(...args);
    const computeBlock: typeof engine.computeBlock = (at, block, slot) => {
      if (at.step === step) throw new Error('died');
      engine.computeBlock(at, block, slot);
    };
    const { name } = engine;
    const evaluatePart = engine.evaluatePart.bind(engine);
    const updateSlice = engine.updateSlice.bind(engine);
    return { name, computeBlock, evaluatePart, updateSlice };
  };
  try {
    await runOnDisk({ ...options, threads: 0 }, { wiring: { makeEngine } });
  } catch (error) {
    if (error instanceof Error && error.message === 'died') return;
    throw error;
  }
  throw new Error(`It did not come to step ${step}`);
}

/** What may not depend on who did the work, and on how often it was interrupted. */
export async function bitsOnDisk(folder: string) {
  return { ...(await resultsOnDisk(folder)), receipts: await receiptsOnDisk(folder) };
}

/** The same without the receipts. */
export async function resultsOnDisk(folder: string) {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const { digest, stateDigest, test, epochs } = (await read('summary.json')) as Summary;
  const history = (await read('history.json')) as EpochRecord[];
  // equal runs have equal files, to the byte
  const historyText = await readFile(join(folder, 'history.json'), 'utf8');
  const figures = epochs.map(({ epoch, train, validation, samples }) => ({ epoch, train, validation, samples }));
  return { digest, stateDigest, test, history, historyText, figures };
}

/** Without the states that only runs with that cadence of checkpoints note. */
export async function receiptsOnDisk(folder: string) {
  const text = await readFile(join(folder, receiptsFileName), 'utf8').catch(() => null);
  // 0.1.0 wrote none
  if (text === null) return null;
  const found = readReceipts(text);
  if ('why' in found) throw new Error(found.why);
  const { numerics, from, hashes } = found.value;
  return { numerics, from, hashes };
}

export function warningsOf({ events }: Ran): string[] {
  return events.flatMap((event) => warningOf(event) ?? []);
}

export async function checkpointNames(folder: string): Promise<string[]> {
  return (await readdir(join(folder, 'checkpoints'))).sort();
}

/** Every file below a folder, with its content. */
export async function contentOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'base64')] as const)));
}

export async function copyOf(folder: string, to: string): Promise<string> {
  await mkdir(to, { recursive: true });
  await cp(folder, to, { recursive: true });
  return to;
}

/** Rewrites a file. */
export async function rewrite(path: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}
