// The file by which rank 0 of a launch tells the others where it is, on a file system that all of them share. It may hold the
// token: it is its owner's alone, is there whole or not at all, and goes when rank 0 does. What it says, meeting.ts knows.

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LockstepError } from '../../errors.ts';
import type { Place } from '../../launch/place.ts';
import { codeOf, ioReason } from './io-reason.ts';

const MOST_BYTES = 65_536;
/** Of a launch, in the file's name: a name in a folder may have 255 bytes. */
const MOST_NAME = 100;

/**
 * `asked`: --rendezvous. Else it lies beside the run folder, so that a new one stays empty; where rank 0 will choose that, in the
 * folder of runs. It bears the name of the launch: one that is refused because another trains in that folder must not take
 * the other's file away. null: no folder is known to be everybody's.
 */
export function rendezvousPath(place: Place, asked: string | null, runFolder: string | null): string | null {
  if (asked !== null) return resolve(asked);
  const launch = `${place.launcher}-${place.id ?? place.port ?? 'run'}`.replaceAll(/[^\w.-]/g, '_').slice(0, MOST_NAME);
  if (runFolder !== null) {
    const folder = resolve(runFolder);
    return join(dirname(folder), `.${basename(folder)}.${launch}.rendezvous`);
  }
  return place.sharesFolder ? resolve('runs', `.${launch}.rendezvous`) : null;
}

/** Rank 0's hold of it. */
export class RendezvousFile {
  readonly path: string;
  /** A folder that was made for it; null: it was there. */
  #made: string | null = null;
  #written: string | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes the place of whatever is there.
   * @throws LockstepError
   */
  async write(text: string): Promise<void> {
    const folder = dirname(this.path);
    const aside = join(folder, `.${basename(this.path)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      this.#made ??= (await mkdir(folder, { recursive: true })) === undefined ? null : folder;
      // a new file of our own: what another user may have put there is neither followed nor written to
      const file = await open(aside, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(aside, this.path);
      this.#written = text;
    } catch (cause) {
      await rm(aside, { force: true }).catch(() => undefined);
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_WRITE_FAILED',
        what: `The rendezvous file ${this.path} cannot be written`,
        why: ioReason(cause),
        mend: 'Name another, on a file system that all ranks share: --rendezvous FILE; or hand all of them a token: LOCKSTEP_TOKEN=$(openssl rand -hex 32)',
        cause,
      });
    }
  }

  /** Leaves nothing behind, unless somebody else has written it since. */
  async remove(): Promise<void> {
    const there = await readFile(this.path, 'utf8').catch(() => null);
    if (there !== null && there === this.#written) await rm(this.path, { force: true }).catch(() => undefined);
    if (this.#made !== null) await rmdir(this.#made).catch(() => undefined);
  }
}

/** What it says; or why it says nothing, to follow "the file". */
export async function readRendezvous(path: string): Promise<{ readonly text: string } | { readonly why: string }> {
  try {
    // a pipe in its place would be waited for
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { uid, mode, size, isFile } = await statOf(file);
      if (!isFile || size > MOST_BYTES) return { why: 'is no such file' };
      const own = process.getuid?.() ?? uid;
      if (uid !== own) return { why: `belongs to another user (${uid})` };
      // Windows has other means, and tells of none here
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) return { why: 'is open to others than its owner' };
      return { text: await file.readFile('utf8') };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { why: codeOf(error) === 'ENOENT' ? 'is not there' : `cannot be read: ${ioReason(error)}` };
  }
}

async function statOf(file: Awaited<ReturnType<typeof open>>) {
  const stat = await file.stat();
  return { uid: stat.uid, mode: stat.mode, size: stat.size, isFile: stat.isFile() };
}
