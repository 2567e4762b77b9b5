// Wide vectors: asked for, allowed here, and compiled. Its flags hold for the whole process, so they
// are set only where somebody asked (--wide, LOCKSTEP_WIDE=1, the library's `wide`), only while the one module is compiled,
// and taken back: all that is compiled later is as it would be.

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { LockstepError } from '../errors.ts';
import { type HostEngine, oppositeFlag, wideFlags } from '../kernels/wide-engines.ts';
import { switchFromText, switchWords } from '../options/environment.ts';

/** Whether the environment asks for it, where no flag does. */
export function wideInEnvironment(text = process.env['LOCKSTEP_WIDE'] ?? ''): boolean {
  const asked = text === '' ? false : switchFromText(text);
  if (typeof asked === 'boolean') return asked;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `LOCKSTEP_WIDE cannot be ${JSON.stringify(text)}`,
    why: `it must be ${switchWords}`,
    mend: 'Set it to 1, or unset it',
  });
}

/** Why there may be no wide vectors here; null: there may. */
export function wideLack(host = hostEngine()): string | null {
  const found = wideFlags(host);
  return 'why' in found ? found.why : null;
}

/** Compiles a module for wide vectors, all of it, by the compiler that makes them: its code does not change any more. */
export function compileWide(bytes: Uint8Array, host = hostEngine()): WebAssembly.Module {
  const found = wideFlags(host);
  if ('why' in found) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_WIDE_REFUSED',
      what: 'There are no wide vectors here (--wide, LOCKSTEP_WIDE=1)',
      why: found.why,
      mend: 'Leave it out: the bits are the same without it, only later. lockstep doctor tells what is used',
    });
  }
  for (const flag of found.flags) setFlagsFromString(flag);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of found.flags) setFlagsFromString(oppositeFlag(flag));
  }
}

export function hostEngine(): HostEngine {
  const { v8, node } = process.versions;
  return { v8, node, platform: process.platform, arch: process.arch, ...processorIn(cpuInfo()) };
}

/** The first processor of the text of /proc/cpuinfo. */
export function processorIn(text: string): Pick<HostEngine, 'vendor' | 'family' | 'hasWideVectors'> {
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? null;
  const family = field('cpu family');
  return {
    vendor: field('vendor_id'),
    family: family === null ? null : Number(family),
    hasWideVectors: (field('flags') ?? '').split(' ').includes('avx2'),
  };
}

/** Empty where there is none: no other system is on the list. */
function cpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
