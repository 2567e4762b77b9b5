// A herd of workers, real processes, each behind a proxy of its own, that is disturbed at random: killed, told to leave,
// stopped and continued, cut off, and started again. They look for the coordinator at one address, whoever listens there.

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Held, heldBy } from './held.mjs';
import { freeze, type Running, thaw, times } from './processes.ts';
import { startProxy, type Proxy as TcpProxy } from './proxy.ts';
import { startCli } from './run-cli.ts';
import type { Seeded } from './seeded.ts';

interface Beast {
  readonly name: string;
  readonly running: Running;
  readonly proxy: TcpProxy;
  /** After its first joining, and after each later one that was looked at. */
  readonly held: Held[];
  joined: number;
  /** It was killed, or told to leave. */
  sentAway: boolean;
}

export interface HerdCounts {
  started: number;
  killed: number;
  told: number;
  stopped: number;
  cut: number;
  joined: number;
}

const kinds = ['kill', 'leave', 'stop', 'cut', 'cut'] as const;
// for the first one, which lives through all: what is compared at its end is the trace of them
const harmless = ['stop', 'cut', 'cut'] as const;

export class Herd {
  readonly counts: HerdCounts = { started: 0, killed: 0, told: 0, stopped: 0, cut: 0, joined: 0 };
  /** What those held that lived long enough to be compared with themselves. */
  readonly histories: Held[][] = [];
  readonly #cwd: string;
  readonly #url: string;
  readonly #random: Seeded;
  readonly #size: number;
  readonly #beasts = new Set<Beast>();
  readonly #over = new AbortController();
  #disturbing: Promise<void> = Promise.resolve();

  constructor(cwd: string, url: string, size: number, random: Seeded) {
    this.#cwd = cwd;
    this.#url = url;
    this.#size = size;
    this.#random = random;
  }

  async start(): Promise<void> {
    while (this.#beasts.size < this.#size) await this.#add();
    this.#disturbing = this.#disturb();
    // whoever ends the herd hears of it
    this.#disturbing.catch(() => {});
  }

  /** No more disturbances; all are told to leave, and do. Throws what went wrong with one. */
  async end(): Promise<void> {
    this.#over.abort();
    try {
      await this.#disturbing;
      for (const beast of [...this.#beasts]) {
        this.#look(beast);
        await this.#tell(beast);
      }
    } finally {
      await Promise.all([...this.#beasts].map((beast) => this.#kill(beast)));
    }
  }

  async #add(): Promise<void> {
    const proxy = await startProxy(this.#url);
    const name = `w${this.counts.started++}`;
    const args = ['worker', '--connect', proxy.url, '--name', name, '--threads', '1', '--keep-alive'];
    const running = startCli(args, { cwd: this.#cwd });
    this.#beasts.add({ name, running, proxy, held: [], joined: 0, sentAway: false });
  }

  async #disturb(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await delay(this.#random.integer(100, 800), undefined, { signal }).catch(() => {});
      for (const beast of this.#beasts) this.#look(beast);
      if (signal.aborted) return;
      if (this.#beasts.size < this.#size) await this.#add();
      else {
        const beast = this.#random.pick([...this.#beasts]);
        await this.#one(beast, this.#random.pick(beast.name === 'w0' ? harmless : kinds), signal);
      }
    }
  }

  async #one(beast: Beast, kind: (typeof kinds)[number], signal: AbortSignal): Promise<void> {
    if (kind === 'kill') {
      this.counts.killed++;
      await this.#kill(beast);
    } else if (kind === 'leave') {
      this.counts.told++;
      await this.#tell(beast);
    } else if (kind === 'stop') {
      this.counts.stopped++;
      await freeze(beast.running);
      await delay(this.#random.integer(50, 2500), undefined, { signal }).catch(() => {});
      thaw(beast.running);
    } else {
      this.counts.cut++;
      beast.proxy.cut();
    }
  }

  /** Notes what it holds if it has joined since; one that ended by itself is an error. */
  #look(beast: Beast): void {
    const { name, running, held } = beast;
    if (!beast.sentAway && running.child.exitCode !== null) throw new Error(`${name} ended:\n${running.stderr()}`);
    const joined = times(running.stderr(), /joined run/);
    if (joined > beast.joined) held.push(heldBy(running.child.pid!));
    this.counts.joined += joined - beast.joined;
    beast.joined = joined;
  }

  async #kill(beast: Beast): Promise<void> {
    beast.sentAway = true;
    beast.running.child.kill('SIGKILL');
    await this.#gone(beast, null);
  }

  async #tell(beast: Beast): Promise<void> {
    beast.sentAway = true;
    // before that it does not know the signal
    await beast.running.seen('Connecting to');
    beast.running.child.kill('SIGTERM');
    await this.#gone(beast, 143);
  }

  async #gone(beast: Beast, expected: number | null): Promise<void> {
    const { exitCode, stderr } = await beast.running.ended;
    this.#beasts.delete(beast);
    this.histories.push(beast.held);
    await beast.proxy.close();
    expect(exitCode, `${beast.name}:\n${stderr}`).toBe(expected);
    expect(stderr).not.toMatch(/unhandled|uncaught|^\s+at /im);
  }
}
