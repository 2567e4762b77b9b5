// Runs the built command line, dist/src/cli.js, as a user would. Knows nothing of what it should answer.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const builtCli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr has shown the text; rejects if the process ends before that. */
  seen(text: string): Promise<void>;
}

export interface Surroundings {
  readonly cwd: string;
  /** Another copy of the command line. */
  readonly cli?: string;
  /** The largest file that the process may write. */
  readonly maxFileKilobytes?: number;
}

export function startCli(args: readonly string[], { cwd, cli = builtCli, maxFileKilobytes }: Surroundings): Running {
  const command = [process.execPath, cli, ...args];
  const limited = ['sh', '-c', `ulimit -f ${(maxFileKilobytes ?? 0) * 2}; exec "$@"`, 'sh', ...command];
  const [file, ...rest] = maxFileKilobytes === undefined ? command : limited;
  const child = spawn(file!, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  const seen = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stderr.includes(text)) resolve();
      };
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`It ended without saying "${text}": ${stderr}`)));
      look();
    });
  return { child, ended, seen };
}

export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return await startCli(args, surroundings).ended;
}
