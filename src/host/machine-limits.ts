// What the system lets this process have: its resource limits, and what it uses of the address space. Linux only; elsewhere
// nothing is known, and nothing limited.

import { readFileSync } from 'node:fs';

/** null: unlimited, or unknown. */
export interface MachineLimits {
  readonly addressBytes: number | null;
  /** Of the address space, at this moment. */
  readonly usedAddressBytes: number;
  /** Of this user, threads included. */
  readonly threads: number | null;
  readonly openFiles: number | null;
  readonly fileBytes: number | null;
  /** Of the control group that the process is in. */
  readonly memoryBytes: number | null;
  /** System calls are filtered. */
  readonly filtered: boolean;
  /** V8 does without the address space that it guards each WebAssembly memory with. */
  readonly unguarded: boolean;
}

export function machineLimits(): MachineLimits {
  const status = textOf('/proc/self/status');
  const kilobytes = /^VmSize:\s*(\d+) kB$/m.exec(status)?.[1];
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  return {
    ...parseLimits(textOf('/proc/self/limits')),
    usedAddressBytes: Number(kilobytes ?? 0) * 1024,
    memoryBytes: constrainedBytes(),
    filtered: /^Seccomp:\s*2$/m.test(status),
    unguarded: /--(disable|no)-wasm-trap-handler/.test(flags),
  };
}

/** The soft limits of /proc/PID/limits. */
export function parseLimits(text: string): Pick<MachineLimits, 'addressBytes' | 'threads' | 'openFiles' | 'fileBytes'> {
  const limit = (name: string): number | null => {
    const soft = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(text)?.[1];
    return soft === undefined || soft === 'unlimited' ? null : Number(soft);
  };
  return {
    addressBytes: limit('Max address space'),
    threads: limit('Max processes'),
    openFiles: limit('Max open files'),
    fileBytes: limit('Max file size'),
  };
}

function constrainedBytes(): number | null {
  const bytes = process.constrainedMemory();
  // "none" is 0, or more than any machine has
  return bytes === undefined || bytes === 0 || bytes > 2 ** 50 ? null : bytes;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
