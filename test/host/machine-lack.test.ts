// What the machine lacks is named, with its remedy, and is never called a bug of ours.

import { describe, expect, test } from 'vitest';
import { fileSizeCheck, openFilesCheck } from '../../coordinator/commands/doctor.ts';
import { LockstepError } from '../../src/errors.ts';
import { explained, machineLack, threadsLack } from '../../src/host/machine-lack.ts';
import { type MachineLimits, machineLimits, parseLimits } from '../../src/host/machine-limits.ts';

const free: MachineLimits = {
  addressBytes: null,
  usedAddressBytes: 1.2e9,
  threads: null,
  openFiles: 1024,
  fileBytes: null,
  memoryBytes: null,
  filtered: false,
  unguarded: false,
};
const noMemory = new RangeError('WebAssembly.Memory(): could not allocate memory');
const coded = (message: string, code: string) => Object.assign(new Error(message), { code });

describe('an error of the machine', () => {
  const eight = { ...free, addressBytes: 8e9 };
  test.each<[string, unknown, MachineLimits, RegExp, RegExp]>([
    [
      'addresses',
      noMemory,
      eight,
      /7\.5 GiB of addresses \(ulimit -v\), and V8 reserves 10\.0 GiB/,
      /disable-wasm-trap-handler/,
    ],
    [
      'addresses, unguarded',
      noMemory,
      { ...eight, unguarded: true },
      /7\.5 GiB of addresses \(ulimit -v\)$/,
      /--threads 0.*ulimit -v unlimited/,
    ],
    [
      'a container',
      noMemory,
      { ...free, memoryBytes: 2 ** 28 },
      /container may only have 0\.3 GiB/,
      /smaller data set/,
    ],
    [
      'memory',
      new RangeError('Array buffer allocation failed'),
      free,
      /the system refuses it \(Array/,
      /free some memory/,
    ],
    [
      'threads',
      coded('EAGAIN', 'ERR_WORKER_INIT_FAILED'),
      { ...free, threads: 12 },
      /EAGAIN; ulimit -u allows 12/,
      /fewer --threads/,
    ],
    [
      'threads of a container',
      coded('EAGAIN', 'ERR_WORKER_INIT_FAILED'),
      free,
      /EAGAIN; a limit of the container/,
      /pids_limit/,
    ],
    ['files', coded('EMFILE: too many open files', 'EMFILE'), free, /may open 1024/, /ulimit -n/],
    ['no WebAssembly', new ReferenceError('WebAssembly is not defined'), free, /--jitless/, /without it/],
    [
      'no shared memory',
      new ReferenceError('SharedArrayBuffer is not defined'),
      free,
      /without SharedArrayBuffer/,
      /flag/,
    ],
    ['no SIMD', new Error('WebAssembly.Module(): Wasm SIMD unsupported @+1'), free, /no SIMD/, /SSE4\.1/],
  ])('%s', (_, error, limits, why, mend) => {
    const told = machineLack(error, limits, 2);
    expect(told?.why).toMatch(why);
    expect(told?.mend).toMatch(mend);
    expect(told?.exitCode).toBe(2);
  });

  test('of ours stays what it is', () => {
    const bug = new TypeError('x is not a function');
    expect(explained(bug, () => free, 1)).toBe(bug);
    const known = new LockstepError({ code: 'ERR_LOCKSTEP_BAD_OPTION', what: 'a', why: 'b', mend: 'c' });
    expect(explained(known, () => free, 1)).toBe(known);
  });

  test('that the kernels told of keeps what was asked for, and learns who refused it', () => {
    const told = new LockstepError({
      code: 'ERR_LOCKSTEP_NO_MEMORY',
      what: '61 MiB of memory cannot be had',
      why: 'no',
      mend: 'no',
      cause: noMemory,
    });
    expect(explained(told, () => ({ ...free, addressBytes: 8e9 }), 1)).toMatchObject({
      what: '61 MiB of memory cannot be had',
      why: expect.stringContaining('ulimit -v'),
      exitCode: 2,
    });
  });
});

test('threads that would have no addresses are refused before they are started', () => {
  const limits = { ...free, addressBytes: 3e9, unguarded: true };
  expect(threadsLack(0, limits)).toBeNull();
  expect(threadsLack(2, limits)).toBeNull();
  expect(threadsLack(4, limits)).toMatchObject({ what: '4 computing threads cannot be started', exitCode: 2 });
  expect(threadsLack(64, free)).toBeNull();
});

test('limits are read as the kernel writes them', () => {
  const text = `Limit                     Soft Limit           Hard Limit           Units
Max file size             1024000              unlimited            bytes
Max processes             12                   96365                processes
Max open files            64                   20000                files
Max address space         unlimited            unlimited            bytes     `;
  expect(parseLimits(text)).toEqual({ addressBytes: null, threads: 12, openFiles: 64, fileBytes: 1024000 });
  expect(parseLimits('')).toEqual({ addressBytes: null, threads: null, openFiles: null, fileBytes: null });
  if (process.platform === 'linux') expect(machineLimits().usedAddressBytes).toBeGreaterThan(1e8);
});

test('doctor tells of few files and of small ones', () => {
  expect(openFilesCheck({ openFiles: 64 })).toMatchObject({
    state: 'missing',
    mend: expect.stringContaining('ulimit -n'),
  });
  expect(openFilesCheck({ openFiles: 1024 })).toMatchObject({ state: 'good' });
  expect(fileSizeCheck({ fileBytes: 1_000_000 })).toMatchObject({
    state: 'missing',
    mend: expect.stringContaining('ulimit -f'),
  });
  expect(fileSizeCheck({ fileBytes: null })).toMatchObject({ state: 'good' });
});
