// A coordinator and its workers as real processes on this machine, for one test: started from the built command line in a
// folder of their own, and all ended when the test is, whatever came of it.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type Ended, type Running, runCli, type Surroundings, startCli } from './run-cli.ts';

export type { Ended, Running } from './run-cli.ts';

/** Everything of a run that may not depend on who did the work. */
export interface Bits {
  readonly digest: string;
  readonly stateDigest: string;
  readonly test: unknown;
  readonly history: unknown;
}

export interface Coordinator extends Running {
  /** Where workers join. */
  readonly url: string;
  /** The run folder. */
  readonly out: string;
  /** Waits for its end, which must be a good one. */
  bits(): Promise<Bits>;
}

export class Cluster {
  readonly folder: string;
  readonly #running: Running[] = [];
  #runs = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Ended with the test that calls this. */
  static async start(): Promise<Cluster> {
    const cluster = new Cluster(await mkdtemp(join(tmpdir(), 'lockstep-cluster-')));
    onTestFinished(() => cluster.#end());
    return cluster;
  }

  /** `lockstep train --listen`; resolves when it listens. Of flags that are given twice the later wins. */
  async coordinator(args: readonly string[], surroundings: Partial<Surroundings> = {}): Promise<Coordinator> {
    const out = join(this.folder, `run-${++this.#runs}`);
    return await this.#coordinator(['--listen', '127.0.0.1:0', '--out', out, ...args], out, surroundings);
  }

  /** One that has ended goes on, at the same address. */
  async resumed({ url, out }: Coordinator, args: readonly string[] = []): Promise<Coordinator> {
    return await this.#coordinator(['--listen', new URL(url).host, '--resume', out, ...args], out, {});
  }

  async #coordinator(args: readonly string[], out: string, surroundings: Partial<Surroundings>): Promise<Coordinator> {
    const running = this.start(['train', '--threads', '0', '--json', '--no-report', ...args], surroundings);
    // a process tells its address on stderr alone until its run begins: there users read it too
    const url = (await running.seen(/Listening at wss?:\/\/\S+:\d+/)).replace('Listening at ', '');
    return { ...running, url, out, bits: async () => await bitsOfRun(await running.ended, out) };
  }

  worker(url: string, name: string, args: readonly string[] = [], surroundings: Partial<Surroundings> = {}): Running {
    return this.start(['worker', '--connect', url, '--name', name, '--threads', '1', ...args], surroundings);
  }

  /** Workers a, b, ... one after the other, so that worker 1 is a. */
  async workers(coordinator: Coordinator, count: number, args: readonly string[] = []): Promise<Running[]> {
    const workers: Running[] = [];
    for (const name of 'abcdef'.slice(0, count)) {
      workers.push(this.worker(coordinator.url, name, args));
      await coordinator.seen(new RegExp(`worker \\d+ joined: ${name} `));
    }
    return workers;
  }

  start(args: readonly string[], surroundings: Partial<Surroundings> = {}): Running {
    return this.track(startCli(args, { cwd: this.folder, ...surroundings }));
  }

  /** Another program's process is ended with the others. */
  track(running: Running): Running {
    this.#running.push(running);
    return running;
  }

  async #end(): Promise<void> {
    for (const { child } of this.#running) child.kill('SIGKILL');
    await Promise.all(this.#running.map(({ ended }) => ended));
    await rm(this.folder, { recursive: true, force: true });
  }
}

const baselines = new Map<string, Promise<Bits>>();

/** What the single-worker baseline makes of these flags of a run; computed once. */
export function baseline(args: readonly string[]): Promise<Bits> {
  const key = JSON.stringify(args);
  const known = baselines.get(key);
  if (known !== undefined) return known;
  const made = (async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'lockstep-baseline-'));
    try {
      return await bitsOfRun(
        await runCli(['train', ...args, '--threads', '0', '--out', 'run', '--json', '--no-report'], { cwd }),
        join(cwd, 'run'),
      );
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  })();
  baselines.set(key, made);
  return made;
}

/** Of a run that ended well. */
export async function bitsOfRun({ exitCode, stderr }: Ended, out: string): Promise<Bits> {
  expect(exitCode, stderr).toBe(0);
  const { digest, stateDigest, test } = JSON.parse(await readFile(join(out, 'summary.json'), 'utf8'));
  return { digest, stateDigest, test, history: JSON.parse(await readFile(join(out, 'history.json'), 'utf8')) };
}

/** Stops a process as a debugger or a suspended machine would, and makes sure of it. */
export async function freeze(running: Running): Promise<void> {
  running.child.kill('SIGSTOP');
  await untilFrozen(running);
}

/** The signal is on its way, or the process gives it to itself: /proc tells when it has come. */
export async function untilFrozen({ child }: Running): Promise<void> {
  while (!/^State:\s+T/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'))) await turn();
}

export function thaw({ child }: Running): void {
  child.kill('SIGCONT');
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Only where the time itself is what is tested. */
export async function seconds(count: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, count * 1000));
}

/** How often a text stands in a log. */
export function times(log: string, what: RegExp): number {
  return [...log.matchAll(new RegExp(what, 'g'))].length;
}

/** Is a command there? */
export function has(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
