// What a life needs of the real program beside the library: a process that is killed, and what a run left on the disk.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExitCode, LockstepError } from '../../../src/errors.ts';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import type { EpochRecord, Summary } from '../../../src/run/events.ts';
import { readRunConfig } from '../../../src/run/run-record.ts';
import { startCli } from '../../support/run-cli.ts';
import type { Bits } from './replay.ts';

const killedRun = fileURLToPath(new URL('../../support/killed-run.mjs', import.meta.url));

export async function killed(
  options: Partial<TrainOptions>,
  afterEvents: number,
  count: (what: string) => void,
): Promise<void> {
  const asked = JSON.stringify({ ...options, report: false, metricsPort: 'off' });
  const { exitCode, stderr } = await startCli([asked, String(afterEvents)], { cwd: '.', cli: killedRun }).ended;
  if (exitCode === null) return count('kill');
  if (exitCode !== 0)
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_INTERRUPTED',
      what: stderr,
      why: 'a process',
      mend: 'none',
      exitCode: exitCode as ExitCode,
    });
}

export async function recordOf(run: string) {
  const record = readRunConfig(JSON.parse(await readFile(join(run, 'config.json'), 'utf8')));
  if ('why' in record) throw new Error(`${run}: ${record.why}`);
  return record;
}

export async function bitsOf(run: string): Promise<Bits> {
  const read = async (name: string) => JSON.parse(await readFile(join(run, name), 'utf8'));
  const { digest, stateDigest, test } = (await read('summary.json')) as Summary;
  return { digest, stateDigest, test, history: (await read('history.json')) as EpochRecord[] };
}
