// Runs the built command line, dist/src/cli.js, as a user would. Knows nothing of what it should answer.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const builtCli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What stderr has shown so far. */
  stderr(): string;
  /** Resolves with what was found when stderr has shown it; rejects if the process ends before that, or after a minute. */
  seen(what: string | RegExp): Promise<string>;
}

export interface Surroundings {
  readonly cwd: string;
  /** Another copy of the command line. */
  readonly cli?: string;
  /** Another Node than this one: a command. */
  readonly node?: readonly string[];
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
  /** The largest file that the process may write. */
  readonly maxFileKilobytes?: number;
  /** What the process has in its environment beyond ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that executes the one behind it, in the same process: ip netns exec NAME. */
  readonly within?: readonly string[];
}

const SEEN_MS = 60_000;

export function startCli(args: readonly string[], surroundings: Surroundings): Running {
  const {
    cwd,
    cli = builtCli,
    node = [process.execPath],
    nodeFlags = [],
    maxFileKilobytes,
    env = {},
    within = [],
  } = surroundings;
  const command = [...within, ...node, ...nodeFlags, cli, ...args];
  const limited = ['sh', '-c', `ulimit -f ${(maxFileKilobytes ?? 0) * 2}; exec "$@"`, 'sh', ...command];
  return startProgram(maxFileKilobytes === undefined ? command : limited, { cwd, env });
}

/** `ownGroup`: it leads a group of processes, so that all that it starts can be ended with it. */
export function startProgram(
  command: readonly string[],
  { cwd, env = {}, ownGroup = false }: Pick<Surroundings, 'cwd' | 'env'> & { readonly ownGroup?: boolean },
): Running {
  const [file, ...rest] = command;
  // a shell would set `_` too; inherited, it may say that these tests were started by nohup
  const child = spawn(file!, rest, {
    cwd,
    env: { ...process.env, _: process.execPath, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
  });
  let stdout = '';
  let stderr = '';
  let over = false;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      // not before all that it had written was read
      over = true;
      resolve({ exitCode, stdout, stderr });
    });
  });
  const seen = (what: string | RegExp) =>
    new Promise<string>((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timer);
        child.stderr.off('data', look);
        child.off('close', onClose);
        settle();
      };
      const fail = (why: string) => done(() => reject(new Error(`${why} without saying ${what}:\n${stderr}`)));
      const look = () => {
        const found = typeof what === 'string' ? stderr.includes(what) && what : what.exec(stderr)?.[0];
        if (typeof found === 'string') done(() => resolve(found));
      };
      const onClose = () => fail('It ended');
      const timer = setTimeout(() => fail('A minute went by'), SEEN_MS);
      child.stderr.on('data', look);
      child.on('close', onClose);
      look();
      if (over) onClose();
    });
  return { child, ended, stderr: () => stderr, seen };
}

export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return await startCli(args, surroundings).ended;
}

/** One clear message of three lines at the end, no stack trace, nothing on stdout, and the exit code. */
export function expectError({ exitCode, stdout, stderr }: Ended, code: number, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/(^|\n)Error: .+\n {2}Why: {2}.+\n {2}Mend: .+\n$/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  expect(exitCode, stderr).toBe(code);
}
