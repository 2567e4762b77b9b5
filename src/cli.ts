#!/usr/bin/env node
// The command line: flags in, text and exit code out. The one door to commander, and with library.ts the only file of src
// that may import coordinator/. Knows nothing of how a run is trained: train() does that.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError, Option } from 'commander';
import { type AnyCommand, jsonLine } from '../coordinator/commands/command.ts';
import { commands } from '../coordinator/commands/index.ts';
import { readConfigFile } from '../coordinator/config-file.ts';
import { loadDataset } from '../coordinator/dataset-files.ts';
import { createProgress } from '../coordinator/progress.ts';
import { resolveWithRun } from '../coordinator/run-files.ts';
import { ReservedFolder } from '../coordinator/run-folder.ts';
import { watchSignals } from '../coordinator/signals.ts';
import { readText, readToken } from '../coordinator/token.ts';
import { serveNodeMetrics } from '../coordinator/watch/node-metrics.ts';
import { runWorker, workerFlags, workerOptions } from '../worker/command.ts';
import { configForFile, resolveThreads, type TrainOptions } from './config.ts';
import { errorText, exitCodeOf } from './error-text.ts';
import { ExitCode, LockstepError } from './errors.ts';
import type { Summary, TrainEvent } from './events.ts';
import { checkedFlags, type Flag } from './flags.ts';
import { flagName, optionKeys, optionTable } from './option-table.ts';
import { type TypedCommand, usageError } from './usage-error.ts';

const examples = `
Examples:
  $ lockstep train                              five epochs of MNIST on all cores
  $ lockstep train --threads 0 --max-steps 100  the single-worker baseline, a hundred steps
  $ lockstep train --data ./fashion --out runs/fashion --hidden 256,128
  $ lockstep train --config runs/fashion/config.json --seed 7 --json
  $ lockstep train --resume runs/fashion        go on after an interruption; --epochs 10 to train longer
  $ lockstep train --listen 0.0.0.0:7070 --token-file token --min-workers 4

Exit codes: 0 done, 1 the run failed, 2 bad usage, configuration, data or output folder, 75 too few workers came,
130 and 143 interrupted (after a checkpoint).`;

const workerExamples = `
Examples:
  $ lockstep worker --connect ws://192.168.0.7:7070 --token-file token
  $ lockstep worker --connect wss://trainer.example:7070 --tls-ca ca.pem --threads 8 --keep-alive

Exit codes: 0 the run is over, 1 a failure, 2 what retrying cannot mend (token, versions, engine), 75 no coordinator within
--retry-for, 130 and 143 told to leave.`;

/** Also set by the configuration file; here already, for errors that come before it is read. */
let verbose = process.argv.includes('--verbose');

/** Set by a command that ends well with another code. */
let exitCode: ExitCode = ExitCode.done;

function createProgram(): Command {
  const program = new Command('lockstep')
    .description('Distributed data-parallel training whose weights are the same, bit for bit, whoever does the work.')
    .version(packageVersion())
    .exitOverride()
    // What commander would print comes to main() as an error, and is printed there like every other.
    .configureOutput({ outputError: () => {} });
  addTrainCommand(program);
  addWorkerCommand(program);
  for (const one of commands) addCommand(program, one);
  return program;
}

/** A command of coordinator/commands/: declared here, done there. */
function addCommand(program: Command, { name, summary, operands, flags, help, run }: AnyCommand): void {
  const command = program
    .command(`${name} ${operands}`.trim())
    .description(summary)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', help);
  for (const { flag, kind, help: text, default: value, defaultText } of Object.values<Flag<unknown>>(flags)) {
    const option = new Option(flag, text);
    if (option.required) option.argParser((text) => kind.fromText(text)).default(value, defaultText);
    command.addOption(option);
  }
  command.action(async () => {
    const typed = Object.keys(flags).filter((key) => command.getOptionValueSource(key) === 'cli');
    const given = Object.fromEntries(typed.map((key) => [key, command.getOptionValue(key)]));
    exitCode = await run(command.args, checkedFlags(flags, given, name), {
      wiring: async () => (await import('./library.ts')).wiring,
      print,
      note: (line) => process.stderr.write(`${line}\n`),
      cores: availableParallelism(),
      cli: fileURLToPath(import.meta.url),
      colours: process.stdout.isTTY === true && process.stdout.hasColors(256),
    });
  });
}

function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .description('Compute for a coordinator on another machine (lockstep train --listen).')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', workerExamples);
  for (const { flag, kind, help, default: value, defaultText } of Object.values(workerFlags)) {
    const option = new Option(flag, help);
    if (option.required) option.argParser((text) => kind.fromText(text)).default(value, defaultText);
    command.addOption(option);
  }
  command.action(runWorkerCommand);
}

async function runWorkerCommand(_options: unknown, command: Command): Promise<void> {
  const typed = Object.keys(workerFlags).filter((key) => command.getOptionValueSource(key) === 'cli');
  const options = workerOptions(Object.fromEntries(typed.map((key) => [key, command.getOptionValue(key)])));
  verbose = options.verbose;
  const interruption = watchSignals(
    () => process.stderr.write('Leaving: finishing what was begun; once more stops at once\n'),
    { what: 'The worker was told to leave', mend: 'Start it again whenever you like.' },
  );
  collectForSockets();
  try {
    const { nodeWiring } = await import('./library.ts');
    const result = await runWorker(options, {
      wiring: nodeWiring,
      cores: availableParallelism(),
      readToken,
      serveMetrics: serveNodeMetrics,
      readText,
      loadDataset,
      signal: interruption.signal,
      write: (line) => process.stderr.write(`${line}\n`),
    });
    if (options.json) await print(jsonLine(result));
    else process.stderr.write(`Done: ${result.reason}; ${result.shardsDone} shards, ${result.samplesDone} samples\n`);
  } finally {
    interruption.close();
  }
}

function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description('Train a network on this machine.')
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples);
  for (const key of optionKeys) {
    const { flag, kind, group, help, default: value, defaultText } = optionTable[key];
    const option = new Option(flag, help).helpGroup(group);
    if (option.required) option.argParser((text) => kind.fromText(text)).default(value, defaultText);
    command.addOption(option);
  }
  command.option('--config <file>', 'JSON file of options ("batchSize": 256); a flag goes before the file');
  command.action(runTrain);
}

async function runTrain(_options: unknown, command: Command): Promise<void> {
  const configFile: string | undefined = command.getOptionValue('config');
  const file = configFile === undefined ? null : await readConfigFile(configFile);
  const asked = await resolveWithRun(givenFlags(command), file, 'flag');
  verbose = asked.verbose;

  const given = asked.out ?? asked.resume;
  const reserved = given === null ? await ReservedFolder.reserve(new Date()) : null;
  const out = given ?? reserved!.path;
  const options = { ...asked, out, threads: resolveThreads(asked, availableParallelism()) };
  try {
    // shown as soon as it is there: the metrics may stay for one more scrape
    let printed: Promise<void> | null = null;
    await trainAndShow(options, (summary) => {
      printed = print(options.json ? jsonLine(summary) : resultTable(summary, out));
      printed.catch(() => undefined);
    });
    await printed;
  } finally {
    // Only does anything where the run left nothing.
    await reserved?.release();
  }
}

async function trainAndShow(options: TrainOptions, onDone: (summary: Summary) => void): Promise<void> {
  const {
    stderr,
    env: { TERM },
  } = process;
  const progress = createProgress(
    {
      write: (text) => stderr.write(text),
      isTTY: stderr.isTTY && TERM !== 'dumb',
      get columns() {
        return stderr.columns;
      },
    },
    { quiet: options.quiet },
  );
  if (!options.quiet) {
    stderr.write(`Configuration: ${JSON.stringify(configForFile(options))}\nRun folder: ${options.out}\n`);
  }
  const interruption = watchSignals(
    (name) => {
      progress.clear();
      process.stderr.write(`${name}: stopping after the current step and a checkpoint; once more stops at once\n`);
    },
    { what: 'The run was interrupted', mend: 'Start it again' },
  );
  if (options.listen !== null) collectForSockets();
  try {
    // Not at the top: --help and bad flags need not wait for the trainer to load.
    const { train } = await import('./library.ts');
    const onEvent = (event: TrainEvent) => {
      progress.show(event, performance.now());
      if (event.type === 'done') onDone(event.summary);
    };
    await train(options, { signal: interruption.signal, onEvent });
  } finally {
    interruption.close();
    progress.clear();
  }
}

/**
 * What sockets receive is held outside of a heap that is small, and V8 takes it for growth: it would mark the whole heap
 * every few steps, beside them, on the cores that compute (a third of the time of a run with two nodes on two cores). Young
 * buffers go without that; and what does not is collected at once, in some milliseconds, when 64 MB have come together.
 */
function collectForSockets(): void {
  setFlagsFromString('--no-incremental-marking');
}

/** Only what was typed: commander's own defaults would hide the configuration file. */
function givenFlags(command: Command): Record<string, unknown> {
  const typed = optionKeys.filter((key) => command.getOptionValueSource(key) === 'cli');
  return Object.fromEntries(typed.map((key) => [key, command.getOptionValue(key)]));
}

function resultTable(summary: Summary, folder: string): string {
  const rows = [
    ['Test accuracy', summary.test.accuracy.toFixed(4)],
    ['Test loss', summary.test.loss.toFixed(4)],
    ['Run folder', folder],
    ['Digest', summary.digest],
    ['State digest', summary.stateDigest],
    ['Samples/s', Math.round(summary.samplesPerSecond).toLocaleString('en-US')],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(15)}${value}\n`).join('');
}

/** Resolves when the text is out, or when nobody reads it any more. */
async function print(text: string): Promise<void> {
  const error = await new Promise<Error | null | undefined>((resolve) => process.stdout.write(text, resolve));
  if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') {
    throw new LockstepError({
      what: 'The result cannot be written to stdout',
      why: error.message,
      mend: 'Read it in summary.json in the run folder',
      exitCode: ExitCode.runFailed,
      cause: error,
    });
  }
}

function packageVersion(): string {
  // From dist/src/, where this file runs.
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}

/** The command that was typed, and its flags; train's, where none was. */
function typedCommand(): TypedCommand {
  const named = [...commands, { name: 'worker', flags: workerFlags }].find(({ name }) => name === process.argv[2]);
  if (named === undefined) return { name: 'train', flags: [...optionKeys.map(flagName), '--config', '--help'] };
  const rows: readonly { readonly flag: string }[] = Object.values(named.flags);
  return { name: named.name, flags: [...rows.map(({ flag }) => flag.split(' ')[0]!), '--help'] };
}

function report(error: unknown): ExitCode {
  process.stderr.write(errorText(error, verbose));
  return exitCodeOf(error);
}

async function main(): Promise<ExitCode> {
  try {
    await createProgram().parseAsync();
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error);
    if (error.exitCode === 0) return ExitCode.done;
    // "lockstep" alone: the help is printed already.
    return error.code === 'commander.help' ? ExitCode.usage : report(usageError(error, typedCommand()));
  }
}

// A reader that goes away (lockstep train | head) is no reason to stop training: the results are in the run folder.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => process.exit(report(error)));
process.exitCode = await main();
