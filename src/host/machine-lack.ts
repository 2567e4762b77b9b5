// Pure: an error that tells of something the machine does not let us have -> what, why and what mends it. None of these is a
// bug of ours.

import type { ErrorCode } from '../error-codes.ts';
import { type ExitCode, LockstepError, messageOf } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { codeOf } from './files/io-reason.ts';
import type { MachineLimits } from './machine-limits.ts';

/** Addresses that V8 takes for a WebAssembly memory, whatever its size: what lies beyond is guarded by the processor. */
const GUARDED_BYTES = 10 * 2 ** 30;

/** `error`, or better words for it. `exitCode`: 2 before the first step, 1 later. */
export function explained(error: unknown, limits: () => MachineLimits, exitCode: ExitCode): unknown {
  if (!(error instanceof LockstepError)) return machineLack(error, limits(), exitCode) ?? error;
  // the kernels know how much they asked for, and not who refused it
  if (!isOutOfMemory(error.cause)) return error;
  const [why, mend] = whyNoMemory(limits(), (error.cause as Error).message);
  const { code, what, exitCode: ends, cause } = error;
  return new LockstepError({ code, what, why, mend, exitCode: ends, cause });
}

/** Null where it is none of these. */
export function machineLack(error: unknown, limits: MachineLimits, exitCode: ExitCode): LockstepError | null {
  const known = (kind: ErrorCode, what: string, why: string, mend: string) =>
    new LockstepError({ code: kind, what, why, mend, exitCode, cause: error });
  const message = messageOf(error);
  if (/WebAssembly is not defined/.test(message)) {
    return known(
      'ERR_LOCKSTEP_UNSUPPORTED',
      'WebAssembly is switched off',
      'Node runs with --jitless',
      'Start Node without it (see NODE_OPTIONS)',
    );
  }
  if (/SharedArrayBuffer is not defined/.test(message)) {
    return known(
      'ERR_LOCKSTEP_UNSUPPORTED',
      'Threads cannot share memory',
      'Node runs without SharedArrayBuffer',
      'Start Node without the flag that switches it off (see NODE_OPTIONS)',
    );
  }
  if (/simd/i.test(message) && /WebAssembly|Wasm/i.test(message)) {
    return known(
      'ERR_LOCKSTEP_UNSUPPORTED',
      "The kernels cannot run on this machine's processor",
      `it has no SIMD that WebAssembly can use (${message})`,
      'Use a machine with SSE4.1 (x64) or NEON (arm64); in an emulator choose another processor',
    );
  }
  const code = codeOf(error);
  if (code === 'ERR_WORKER_INIT_FAILED' || /pthread_create/.test(message)) {
    const { threads } = limits;
    const allowed =
      threads === null ? 'a limit of the container or the system' : `ulimit -u allows ${threads} for this user`;
    return known(
      'ERR_LOCKSTEP_NO_THREADS',
      'A computing thread cannot be started',
      `the system refuses another thread (${message}; ${allowed})`,
      'Use fewer --threads (0 computes without any), or allow more: ulimit -u, or pids_limit of the container',
    );
  }
  if (code === 'EMFILE') {
    return known(
      'ERR_LOCKSTEP_NO_DESCRIPTORS',
      'Too many files are open',
      `the process may open ${limits.openFiles ?? 'only a few'} (EMFILE)`,
      'Allow more: ulimit -n 1024',
    );
  }
  if (isOutOfMemory(error))
    return known('ERR_LOCKSTEP_NO_MEMORY', 'The memory that is needed cannot be had', ...whyNoMemory(limits, message));
  return null;
}

/** Why and mend. */
function whyNoMemory(limits: MachineLimits, message: string): [string, string] {
  const { addressBytes, memoryBytes, unguarded } = limits;
  if (addressBytes !== null) {
    const allowed = `the process may only have ${gibibytes(addressBytes)} of addresses (ulimit -v)`;
    const raise = 'raise the limit: ulimit -v unlimited';
    if (unguarded || addressBytes > 4 * GUARDED_BYTES) {
      return [allowed, `Use --threads 0, narrower layers (--hidden) or fewer images; or ${raise}`];
    }
    return [
      `${allowed}, and V8 reserves ${gibibytes(GUARDED_BYTES)} for each WebAssembly memory`,
      `Start it with NODE_OPTIONS=--disable-wasm-trap-handler, which needs no such room; or ${raise}`,
    ];
  }
  const mend = 'Use a smaller data set, narrower layers (--hidden) or fewer --threads, or free some memory';
  if (memoryBytes !== null) return [`the container may only have ${gibibytes(memoryBytes)} (${message})`, mend];
  return [`the system refuses it (${message})`, mend];
}

function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (['ENOMEM', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_MEMORY_ALLOCATION_FAILED'].includes(codeOf(error) ?? '')) return true;
  return (
    error instanceof RangeError &&
    /could not allocate|allocation failed|out of memory|cannot allocate/i.test(error.message)
  );
}

/** Addresses of a thread: its code, its heap and its stack; and what the process takes besides while they start. */
const THREAD_BYTES = 0.66e9;
const STARTING_BYTES = 0.1e9;
/** Threads that have not the addresses to start with end the process without a word of ours; null: they have. */
export function threadsLack(threads: number, limits: MachineLimits): LockstepError | null {
  const { addressBytes, usedAddressBytes } = limits;
  if (threads === 0 || addressBytes === null) return null;
  const needed = threads * THREAD_BYTES + STARTING_BYTES;
  const left = addressBytes - usedAddressBytes;
  if (left >= needed) return null;
  return new LockstepError({
    code: 'ERR_LOCKSTEP_NO_THREADS',
    what: `${counted(threads, 'computing thread')} cannot be started`,
    why: `${threads === 1 ? 'it needs' : 'they need'} about ${gibibytes(needed)} of addresses, and of the ${gibibytes(addressBytes)} that the process may have (ulimit -v) ${gibibytes(Math.max(0, left))} are left`,
    mend: `Use ${threads > 1 ? 'fewer --threads, or ' : ''}--threads 0 (a worker needs one), or raise the limit: ulimit -v unlimited`,
  });
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
