// A node as a process of its own on this machine: `lockstep worker`, started and ended by whoever needs one.

import { spawn } from 'node:child_process';

export interface WorkerProcess {
  /** At once, as if the machine had lost power. */
  kill(): void;
  /** Resolves when it is gone. */
  readonly ended: Promise<void>;
}

/** `cli`: the file of the command line; `wide`: with wide vectors, whatever the environment says. */
export function startWorker(cli: string, url: string, wide = false): WorkerProcess {
  const args = [cli, 'worker', '--connect', url, '--threads', '1', '--retry-for', '20'];
  // its flags say all; a token in LOCKSTEP_TOKEN is that of the coordinator as well
  const own = Object.entries(process.env).filter(([name]) => !/^LOCKSTEP_(?!TOKEN$)/.test(name));
  const env = { ...Object.fromEntries(own), LOCKSTEP_WIDE: wide ? '1' : '0' };
  const child = spawn(process.execPath, args, { stdio: 'ignore', env });
  const kill = () => void child.kill('SIGKILL');
  // it does not outlive whoever started it
  process.on('exit', kill);
  const ended = new Promise<void>((resolve) => {
    const over = () => {
      process.off('exit', kill);
      resolve();
    };
    child.on('error', over);
    child.on('exit', over);
  });
  return { kill, ended };
}
