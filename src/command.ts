// What a command is to the command line: its flags, its help, and a function that does it. Knows no parser, and no command.

import type { ExitCode } from './errors.ts';
import type { Place } from './launch/place.ts';
import type { Flags } from './options/flags.ts';
import type { TrainOptions } from './options/train-options.ts';
import type { Wiring } from './wiring.ts';

/** A stream for progress, or a test's stand-in for one. */
export interface ProgressSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal; it may change at any time. */
  readonly columns?: number | undefined;
  /** Whether what is written may have colours. */
  readonly colours?: boolean | undefined;
}

/** What the entry hands to a command. */
export interface CommandContext {
  readonly wiring: () => Promise<Wiring>;
  /** Text for stdout: the result. */
  readonly print: (text: string) => Promise<void>;
  /** A line for stderr: progress and warnings. */
  readonly note: (line: string) => void;
  /** A line for stdout before the result; it is left out, and counted, where nobody reads. */
  readonly tell: (line: string) => void;
  /** The same stream, for what is drawn over. */
  readonly progress: ProgressSink;
  /** Whether an error shows its stack trace: where a configuration file says so. */
  readonly showStacks: (on: boolean) => void;
  /** What every line on stderr begins with from now on, errors included: whose it is. */
  readonly speakAs: (prefix: string) => void;
  /** Ends as this rank of a launch, not 0, whose coordinator is another process. */
  readonly runRank: (place: Place, options: TrainOptions) => Promise<ExitCode>;
  readonly cores: number;
  /** File of the command line itself, to start workers with. */
  readonly cli: string;
  /** Whether stdout shows 256 colours. */
  readonly colours: boolean;
  /** Cells of a line of stdout; null: it is no terminal. */
  readonly columns: number | null;
  /** Aborted when the command is to end; without it nobody ends it. */
  readonly signal?: AbortSignal;
}

/** What was typed, each under the key of its flag; nothing else. */
export type Given = Readonly<Record<string, unknown>>;

/** `Typed`: what may be typed, where the options are not just that. */
export interface Command<O, Typed = O> {
  readonly name: string;
  readonly summary: string;
  /** In commander's notation, e.g. "<run> <file...>"; "" for none. */
  readonly operands: string;
  readonly flags: Flags<Typed>;
  /** What follows the list of flags in the help. */
  readonly help: string;
  /**
   * Who sees to it that it ends when the process is told to. Without it the command is simply left; "itself": it has something
   * to take back, and ends when its signal is aborted; "watched": it watches the signals of the process on its own.
   */
  readonly ends?: 'itself' | 'watched';
  /** Whether its flags may stand in the environment as well (LOCKSTEP_*): those of a command that begins something. */
  readonly takesEnvironment?: true;
  /** Makes its options of what was typed, and what the environment has; without it each flag is checked by itself (checkedFlags). */
  readonly options?: (given: Given, fromEnvironment: Given) => O;
  /** `operands`: in order; a list that ends in "..." is spread. */
  readonly run: (operands: readonly string[], options: O, context: CommandContext) => Promise<ExitCode>;
}

/** A command with any options: only the command itself knows them. */
// biome-ignore lint/suspicious/noExplicitAny: its options go in and out of the same object
export type AnyCommand = Command<any, any>;
