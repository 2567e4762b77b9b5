// The commands of a README, so that tests run what users read. Each block of shell in it stands behind one of two comments:
//
//   <!-- run by test/deploy/slurm.slow.ts: submit -->      a test runs it, by that name: readmeOf(...).run('submit', ...)
//   <!-- not run here: needs a cluster of your own -->     no test can, and why
//
// Of a session (lines behind "$ ", and what they printed) the commands are run. test/deploy/readmes.test.ts holds every README
// to it.

import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { builtCli, type Running, startProgram } from './run-cli.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block. */
export interface Block {
  /** Of its fence, counted from 1. */
  readonly line: number;
  /** Behind its fence; empty: none. */
  readonly language: string;
  readonly text: string;
  /** Who runs it, and by which name; null: nobody. */
  readonly runBy: { readonly test: string; readonly name: string } | null;
  /** Why it cannot be run here; null: it does not say. */
  readonly notRun: string | null;
}

interface BlockSurroundings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What a reader is to replace (addresses, names) and by what. Each has to be there. */
  readonly instead?: Readonly<Record<string, string>>;
}

export interface Readme {
  /** The text of the block of that name. */
  text(name: string): string;
  /** Starts it in bash, which ends at its first failure; whatever it started is ended with the test. */
  run(name: string, surroundings: BlockSurroundings): Running;
}

const shells = new Set(['', 'sh', 'bash', 'shell', 'console']);

export function isShell({ language }: Block): boolean {
  return shells.has(language);
}

function commandsOf(text: string): string {
  const lines = text.split('\n');
  const typed = lines.filter((line) => line.startsWith('$ '));
  return typed.length === 0 ? text : typed.map((line) => line.slice(2)).join('\n');
}

export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let start = 0; start < lines.length; start++) {
    const fence = /^( *)(`{3,}|~{3,})\s*([\w-]*)/.exec(lines[start]!);
    if (fence === null) continue;
    let end = start + 1;
    while (end < lines.length && lines[end]!.trim() !== fence[2]) end++;
    const said = lastLineBefore(lines, start);
    const run = /^<!-- run by (\S+): (\S+) -->$/.exec(said);
    blocks.push({
      line: start + 1,
      language: fence[3]!,
      // in a list the block is indented
      text: lines
        .slice(start + 1, end)
        .map((line) => line.slice(Math.min(fence[1]!.length, line.length - line.trimStart().length)))
        .join('\n'),
      runBy: run === null ? null : { test: run[1]!, name: run[2]! },
      notRun: /^<!-- not run here: (\S.*) -->$/.exec(said)?.[1] ?? null,
    });
    start = end;
  }
  return blocks;
}

/** `path`: from the root. `test`: the test that asks, as the README names it. */
export function readmeOf(path: string, test: string): Readme {
  const blocks = blocksOf(readFileSync(join(root, path), 'utf8'));
  const text = (name: string) => {
    const found = blocks.filter(({ runBy }) => runBy?.test === test && runBy.name === name);
    if (found.length !== 1) throw new Error(`${path} has ${found.length} blocks "run by ${test}: ${name}"`);
    return found[0]!.text;
  };
  const run = (name: string, { cwd, env = {}, instead = {} }: BlockSurroundings) => {
    let script = commandsOf(text(name));
    for (const [what, by] of Object.entries(instead)) {
      if (!script.includes(what)) throw new Error(`${path}, ${name}: "${what}" is not in it`);
      script = script.replaceAll(what, by);
    }
    const running = startProgram(['bash', '-euo', 'pipefail', '-c', script], { cwd, env, ownGroup: true });
    onTestFinished(async () => {
      endGroup(running);
      await running.ended;
    });
    return running;
  };
  return { text, run };
}

/** A PATH on which `lockstep` is the built command line, by a script in `folder`. */
export async function pathWithLockstep(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'lockstep'), `#!/bin/sh\nexec '${process.execPath}' '${builtCli}' "$@"\n`);
  await chmod(join(bin, 'lockstep'), 0o755);
  return `${bin}${delimiter}${process.env['PATH']}`;
}

function endGroup({ child }: Running): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // all of it is gone
  }
}

function lastLineBefore(lines: readonly string[], at: number): string {
  return (lines.slice(0, at).findLast((line) => line.trim() !== '') ?? '').trim();
}
