// The command line: flags in, text and exit code out. The one door to commander, and with library.ts the only file of src
// that may import coordinator/ and worker/. Knows nothing of what a command does.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import type { AnyCommand, CommandContext } from './command.ts';
import { ExitCode } from './errors.ts';
import { explained } from './host/machine-lack.ts';
import { machineLimits } from './host/machine-limits.ts';
import { compiledAtOnce } from './host/process/compile-at-once.ts';
import { endAtOnce } from './host/process/end-at-once.ts';
import { Notes, neverBlock, outliveTerminal, progressSink, showsColours, widthOf } from './host/process/output.ts';
import { Results } from './host/process/results.ts';
import { stopSignalOf } from './host/process/signal-plan.ts';
import { watchSignals } from './host/process/signals.ts';
import { delayed, unlessAborted } from './host/unless-aborted.ts';
import { usableCores } from './host/usable-cores.ts';
import { wideInEnvironment } from './host/wide.ts';
import { readEnvironment } from './options/environment.ts';
import { bareFlag, checkedFlags, type Flag } from './options/flags.ts';
import {
  refuseEmptyOperand,
  refuseFlagAsValue,
  type TypedCommand,
  unknownTopic,
  usageError,
} from './options/usage-error.ts';
import { leftOutJson } from './run/event-json.ts';
import { printable } from './text/clean-text.ts';
import { errorText, exitCodeOf } from './text/error-text.ts';
import { toldLines } from './text/wrapped.ts';

/** In the order of the help; one that was not typed need not load. */
const commands: ReadonlyMap<string, () => Promise<AnyCommand>> = new Map<string, () => Promise<AnyCommand>>([
  ['train', async () => (await import('../coordinator/commands/train.ts')).train],
  ['config', async () => (await import('../coordinator/commands/config.ts')).config],
  ['worker', async () => (await import('../worker/command.ts')).worker],
  ['inspect', async () => (await import('../coordinator/commands/inspect.ts')).inspect],
  ['runs', async () => (await import('../coordinator/commands/runs.ts')).runs],
  ['evaluate', async () => (await import('../coordinator/commands/evaluate.ts')).evaluate],
  ['predict', async () => (await import('../coordinator/commands/predict.ts')).predict],
  ['report', async () => (await import('../coordinator/commands/report.ts')).report],
  ['export', async () => (await import('../coordinator/commands/export.ts')).exportModel],
  ['verify', async () => (await import('../coordinator/commands/verify.ts')).verify],
  ['fork', async () => (await import('../coordinator/commands/fork.ts')).fork],
  ['compare', async () => (await import('../coordinator/commands/compare.ts')).compare],
  ['bisect', async () => (await import('../coordinator/commands/bisect.ts')).bisect],
  ['replay', async () => (await import('../coordinator/commands/replay.ts')).replay],
  ['audit', async () => (await import('../coordinator/commands/audit.ts')).audit],
  ['bench', async () => (await import('../coordinator/commands/bench.ts')).bench],
  ['plan', async () => (await import('../coordinator/commands/plan.ts')).plan],
  ['doctor', async () => (await import('../coordinator/commands/doctor.ts')).doctor],
  ['completion', async () => (await import('../coordinator/commands/completion.ts')).completionOf(allCommands)],
]);

async function allCommands(): Promise<readonly AnyCommand[]> {
  return await Promise.all([...commands.values()].map((load) => load()));
}

/** Also set by the configuration file; here already, for errors that come before it is read. */
let verbose = process.argv.includes('--verbose');

/** Set by a command that ends well with another code. */
let exitCode: ExitCode = ExitCode.done;

const results = new Results(process.stdout);
/** Progress and warnings; without a reader they cost nothing. */
const notes = new Notes(process.stderr);
/** Events: a reader that stops does not stop the training, nor fill the memory. */
const events = new Notes(process.stdout, leftOutJson);
const note = (line: string): void => notes.write(`${toldLines(printable(line), widthOf(process.stderr)).join('\n')}\n`);

function createProgram(known: readonly AnyCommand[]): Command {
  const program = new Command('lockstep')
    .description('Distributed data-parallel training whose weights are the same, bit for bit, whoever does the work.')
    .version(packageVersion())
    .exitOverride()
    // What commander would print comes to main() as an error, and is printed there like every other.
    .configureOutput({ outputError: () => {} });
  for (const one of known) addCommand(program, one);
  return program;
}

function addCommand(program: Command, one: AnyCommand): void {
  const { name, summary, operands, flags, help } = one;
  const rows = Object.values<Flag<unknown>>(flags);
  const typed = typedCommand(one);
  const asValue = (flag: string, text: string) => {
    refuseFlagAsValue(bareFlag(flag), text, typed);
    return text;
  };
  const command = program.command(`${name} ${operands}`.trim()).description(summary);
  if (rows.some(({ group }) => group !== undefined)) command.optionsGroup('Other:');
  command.helpOption('-h, --help', 'show this help').addHelpText('after', help);
  for (const { flag, kind, group, help: text, default: value, defaultText, negated } of rows) {
    const option = new Option(flag, text);
    if (group !== undefined) option.helpGroup(group);
    if (option.required) option.argParser((text) => kind.fromText(asValue(flag, text))).default(value, defaultText);
    command.addOption(option);
    if (negated === undefined) continue;
    const off = new Option(negated.flag, negated.help);
    command.addOption(group === undefined ? off : off.helpGroup(group));
  }
  command.action(async () => {
    refuseEmptyOperand(command.args, typed);
    // Only what was typed: commander's own defaults would hide the configuration file.
    const keys = Object.keys(flags).filter((key) => command.getOptionValueSource(key) === 'cli');
    const given: Record<string, unknown> = Object.fromEntries(keys.map((key) => [key, command.getOptionValue(key)]));
    const surroundings = one.takesEnvironment ? readEnvironment(flags, process.env) : { values: {}, remarks: [] };
    for (const remark of surroundings.remarks) note(remark);
    if (surroundings.values['verbose'] === true) verbose = true;
    if ('wide' in flags && !one.takesEnvironment && wideInEnvironment()) given['wide'] = true;
    const options = () => one.options?.(given, surroundings.values) ?? checkedFlags(flags, given, name);
    exitCode = await runCommand(one, command.args, options);
  });
}

async function runCommand(
  { name, ends, run }: AnyCommand,
  operands: readonly string[],
  options: () => unknown,
): Promise<ExitCode> {
  if (ends === 'watched') return await run(operands, options(), contextOf());
  const { signal } = watchSignals({
    what: `lockstep ${name} was interrupted`,
    mend: 'Start it again',
    onStop: () => {},
    onWarning: (signal) => note(`${signal}: lockstep ${name} has nothing to save, and goes on`),
    onStay: (signal) => note(`${signal}: the terminal is gone; started by nohup, lockstep ${name} goes on`),
  });
  const work = run(operands, options(), { ...contextOf(), signal });
  // told to stop, it is left as it is; or after a while, where it has something to take back
  return await unlessAborted(work, ends === 'itself' ? delayed(signal, 2000) : signal);
}

function contextOf(): CommandContext {
  const context: CommandContext = {
    // Not at the top: --help and bad flags need not wait for all of it to load.
    wiring: async () => {
      const { wiring } = await import('./library.ts');
      return { ...wiring, sharedKernels: () => compiledAtOnce(wiring.sharedKernels) };
    },
    print: (text) => results.print(text),
    note,
    tell: (line) => events.write(`${line}\n`),
    progress: progressSink(process.stderr, notes),
    showStacks: (on) => {
      verbose = on;
    },
    cores: usableCores(),
    cli: fileURLToPath(new URL('./cli.js', import.meta.url)),
    colours: showsColours(process.stdout, 256),
    columns: widthOf(process.stdout),
    speakAs: (prefix) => {
      notes.prefix = prefix;
    },
    runRank: async (place, options) => {
      const { runRank } = await import('../worker/rank.ts');
      return await runRank(place, options, context);
    },
  };
  return context;
}

function packageVersion(): string {
  // From dist/src/, where this file runs.
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}

/** The command that was typed; where none was, all of them, for the help. */
async function loadCommands(): Promise<readonly [AnyCommand, ...AnyCommand[]]> {
  const typed = commands.get(process.argv[2] ?? '');
  const [first, ...others] = typed === undefined ? await allCommands() : [await typed()];
  return [first!, ...others];
}

/** The command, and its flags, for what to say of one that was mistyped. */
function typedCommand({ name, operands, flags }: AnyCommand): TypedCommand {
  const rows = Object.values<Flag<unknown>>(flags);
  const typed = rows.flatMap(({ flag, negated }) => (negated === undefined ? [flag] : [flag, negated.flag]));
  return { name, operands, flags: [...typed.map(bareFlag), '--help'] };
}

async function mistyped(error: CommanderError): Promise<unknown> {
  const [first, ...others] = (await allCommands()).map(typedCommand);
  const all = [first!, ...others] as const;
  return usageError(error, all.find(({ name }) => name === process.argv[2]) ?? null, all);
}

function tell(thrown: unknown): ExitCode {
  const error = explained(thrown, machineLimits, ExitCode.usage);
  const { stderr } = process;
  notes.write(errorText(error, { verbose, coloured: showsColours(stderr), width: widthOf(stderr) }));
  return exitCodeOf(error);
}

async function main(): Promise<ExitCode> {
  const [, , word, topic] = process.argv;
  // commander would print the help of all without a word of it
  if (word === 'help' && topic !== undefined && !topic.startsWith('-') && topic !== 'help' && !commands.has(topic))
    return tell(unknownTopic(topic, [...commands.keys()]));
  const known = await loadCommands();
  try {
    await createProgram(known).parseAsync();
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tell(error);
    if (error.exitCode === 0) return ExitCode.done;
    // "lockstep" alone: the help is printed already.
    return error.code === 'commander.help' ? ExitCode.usage : tell(await mistyped(error));
  }
}

outliveTerminal();
neverBlock(process.stdout);
neverBlock(process.stderr);
process.on('uncaughtException', async (error) => {
  const code = tell(error);
  await results.lastWords();
  process.exit(code);
});
process.exitCode = await main();
const stoppedBy = stopSignalOf(process.exitCode);
if (stoppedBy !== null) {
  await results.lastWords();
  await endAtOnce(stoppedBy);
}
