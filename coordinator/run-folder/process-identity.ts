// Who a process is, so that another one can tell later whether it still lives. Knows nothing of locks.

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from '../../src/host/files/io-reason.ts';

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Where the pid means something: this boot of this machine, this container. */
  readonly place: string;
  /** Tells processes apart that had the same pid one after the other; null where the system does not say. */
  readonly born: string | null;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), place: ownPlace(), born: bornAt(process.pid) };
}

/** `elsewhere`: it cannot be known from here. */
export function whereabouts({ pid, place, born }: ProcessIdentity): 'alive' | 'gone' | 'elsewhere' {
  if (place !== ownPlace()) return 'elsewhere';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's
    return codeOf(error) === 'EPERM' ? 'alive' : 'gone';
  }
  // without the system's help, an own pid is that of a predecessor: whoever asks does not ask for himself
  if (born === null) return pid === process.pid ? 'gone' : 'alive';
  return bornAt(pid) === born ? 'alive' : 'gone';
}

function ownPlace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** When the process was started, in ticks since the boot; null if it is dead (a zombie, too), or /proc is not there. */
function bornAt(pid: number): string | null {
  try {
    // the name before it, in parentheses, may hold anything
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19]!;
  } catch {
    return null;
  }
}
