// A child process that is measured from outside: its processor time, and how many steps its run has done.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export class MeasuredProcess {
  #stderr = '';
  #code = null;

  constructor(args) {
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr.on('data', (text) => {
      this.#stderr += text;
    });
    this.child.on('close', (code) => {
      this.#code = code;
    });
  }

  /** The first match of the pattern in what it says on stderr. */
  async said(pattern) {
    for (;;) {
      const match = pattern.exec(this.#stderr);
      if (match !== null) return match;
      if (this.#code !== null) throw new Error(this.#stderr);
      await delay(20);
    }
  }

  signal(name) {
    if (this.#code === null) this.child.kill(name);
  }

  /** Milliseconds of a core that its threads have used. Linux. */
  cpuMs() {
    const tasks = `/proc/${this.child.pid}/task`;
    let nanoseconds = 0;
    for (const task of readdirSync(tasks)) {
      try {
        nanoseconds += Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]);
      } catch (error) {
        // a thread that has just ended
        if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
      }
    }
    return nanoseconds / 1e6;
  }

  /** Of a coordinator with --metrics-port 0. */
  async steps() {
    const [url] = await this.said(/http:\/\/[\d.]+:\d+/);
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^lockstep_steps_total(?:\{.*\})? (\d+)/m.exec(text)?.[1] ?? 0);
  }

  async reached(steps) {
    while ((await this.steps()) < steps) await delay(100);
  }
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
