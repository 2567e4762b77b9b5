// What a shell completes of the command line: commands, flags, and what may follow them. Made of the commands as they are; knows no
// shell. Pure.

import type { AnyCommand } from '../command.ts';
import { bareFlag, type Flag } from '../options/flags.ts';
import type { JsonSchema, PathKind } from '../options/value-kinds.ts';

/** Words to choose from, the path of something, or neither: a number, a name. */
export interface ValueShape {
  /** What it is called in the help. */
  readonly name: string;
  readonly words: readonly string[];
  readonly path: PathKind | null;
}

export interface FlagShape {
  /** As one types it: --batch-size. */
  readonly flag: string;
  readonly help: string;
  /** null: it takes none. */
  readonly value: ValueShape | null;
}

export interface CommandShape {
  readonly name: string;
  readonly summary: string;
  /** In order. */
  readonly operands: readonly ValueShape[];
  /** Whether the last of them may come again. */
  readonly many: boolean;
  readonly flags: readonly FlagShape[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** How operands that are run folders are called. */
const runNames = ['run', 'runs', 'others', 'a', 'b'];

export function commandShape({ name, summary, operands, flags }: AnyCommand): CommandShape {
  const names = [...operands.matchAll(/[<[]([\w-]+)(?:\.\.\.)?[>\]]/g)].map(([, one]) => one!);
  return {
    name,
    summary,
    operands: names.map(operandShape),
    many: operands.includes('...'),
    flags: [
      ...Object.values<Flag<unknown>>(flags).map(flagShape),
      { flag: '--help', help: 'show the help', value: null },
    ],
  };
}

function operandShape(name: string): ValueShape {
  if (name === 'shell') return { name, words: shells, path: null };
  return { name, words: [], path: runNames.includes(name) ? 'run' : 'file' };
}

function flagShape({ flag, help, kind }: Flag<unknown>): FlagShape {
  const name = /[<[](.+)[>\]]/.exec(flag)?.[1];
  const value = name === undefined ? null : { name, words: wordsOf(kind.schema), path: kind.path ?? null };
  return { flag: bareFlag(flag), help, value };
}

function wordsOf({ enum: several, const: one, anyOf }: JsonSchema): readonly string[] {
  if (Array.isArray(anyOf)) return anyOf.flatMap(wordsOf);
  return [...(Array.isArray(several) ? several : []), ...(one === undefined ? [] : [one])].map(String);
}

/** A text as one word of a shell, whatever it holds. Bash and zsh; fish has a way of its own. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
