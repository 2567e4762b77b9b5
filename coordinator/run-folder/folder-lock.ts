// One process at a time writes into a run folder. A lock is a file .lock-<n> that is linked into place with its content, so
// that each number goes to one process only. The lock of a process that is gone is passed over by taking the next number:
// nobody removes another's lock before he holds a higher one, and so no two can take over at once.
// A holder that cannot be looked up from here (another machine, another container) counts as gone when it has not touched
// its lock for a while.

import { randomUUID } from 'node:crypto';
import { link, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason, writeCodeOf } from '../../src/host/files/io-reason.ts';
import { readRegularFile, SMALL_BYTES } from '../../src/host/files/read-file.ts';
import { ownIdentity, type ProcessIdentity, whereabouts } from './process-identity.ts';

export interface LockTimes {
  /** How often a holder touches its lock. */
  readonly touchMs: number;
  /** After so long without a touch a holder elsewhere is gone. */
  readonly goneMs: number;
}
const defaultTimes: LockTimes = { touchMs: 5_000, goneMs: 30_000 };

interface Holder extends ProcessIdentity {
  readonly token: string;
}

/** Tokens of this process. */
const held = new Set<string>();

/** Whether it is a file of ours, of whoever holds the lock or held it. */
export function isLockName(name: string): boolean {
  return /^\.lock[-.]/.test(name);
}

export class FolderLock {
  readonly #path: string;
  readonly #text: string;
  readonly #token: string;
  readonly #touching: NodeJS.Timeout;

  private constructor(path: string, text: string, token: string, touchMs: number) {
    this.#path = path;
    this.#text = text;
    this.#token = token;
    this.#touching = setInterval(() => void this.#touch(), touchMs);
    this.#touching.unref();
  }

  /**
   * Waits only for a holder elsewhere, to see whether it still lives; `tell` hears of that.
   * @throws LockstepError when another process holds the lock
   */
  static async take(folder: string, tell: (message: string) => void, times = defaultTimes): Promise<FolderLock> {
    const holder: Holder = { token: randomUUID(), ...ownIdentity() };
    const text = `${JSON.stringify(holder)}\n`;
    const aside = join(folder, `.lock.${holder.token}`);
    held.add(holder.token);
    try {
      await writeFile(aside, text, { flag: 'wx' });
      for (;;) {
        const below = await numbersIn(folder);
        for (const number of below) await refuseIfHeld(folder, number, tell, times);
        const number = Math.max(0, ...below) + 1;
        const path = join(folder, `.lock-${number}`);
        if (!(await placed(aside, path, text))) continue; // another process was quicker
        try {
          // one that began anew at 1 after we had looked
          const others = (await numbersIn(folder)).filter((other) => other !== number);
          for (const other of others) await refuseIfHeld(folder, other, tell, times);
          for (const other of others) await rm(join(folder, `.lock-${other}`), { force: true });
          await removeLeftovers(folder);
        } catch (error) {
          await rm(path, { force: true });
          throw error;
        }
        return new FolderLock(path, text, holder.token, times.touchMs);
      }
    } catch (error) {
      held.delete(holder.token);
      if (error instanceof LockstepError) throw error;
      throw new LockstepError({
        code: writeCodeOf(error),
        what: `The run folder ${folder} cannot be locked`,
        why: ioReason(error),
        mend: 'See to it that you may write there, or resume into another folder with --out DIR',
        cause: error,
      });
    } finally {
      await rm(aside, { force: true }).catch(() => {});
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#touching);
    held.delete(this.#token);
    await rm(this.#path, { force: true }).catch(() => {});
  }

  /** By writing, so that the time is that of the file system's clock; never makes a file that was removed. */
  async #touch(): Promise<void> {
    try {
      const file = await open(this.#path, 'r+');
      try {
        await file.write(this.#text, 0);
      } finally {
        await file.close();
      }
    } catch {
      // a full disk or a lost network: the next touch may get through
    }
  }
}

/**
 * Whether somebody trains in the folder, for a reader who takes nothing and waits for nothing: a holder elsewhere counts as long
 * as its lock was touched of late, by this machine's clock.
 */
export async function isHeld(folder: string, { goneMs } = defaultTimes): Promise<boolean> {
  for (const number of await numbersIn(folder)) {
    const path = join(folder, `.lock-${number}`);
    const holder = await readHolder(path);
    const found = holder === null ? 'gone' : whereabouts(holder);
    if (found === 'alive') return true;
    const touched = found === 'elsewhere' && (await stat(path).catch(() => null));
    if (touched && Date.now() - touched.mtimeMs <= goneMs) return true;
  }
  return false;
}

/** What processes left that were killed while they tried to take the lock. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.lock.')) continue;
    const holder = await readHolder(join(folder, name));
    const gone = holder === null || (!held.has(holder.token) && whereabouts(holder) === 'gone');
    if (gone) await rm(join(folder, name), { force: true });
  }
}

async function placed(aside: string, path: string, text: string): Promise<boolean> {
  try {
    await link(aside, path).catch(async (error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error;
      await writeFile(path, text, { flag: 'wx' }); // a file system without links
    });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  // beyond these a number no longer has a next one
  return names.flatMap((name) => /^\.lock-(\d{1,15})$/.exec(name)?.[1] ?? []).map(Number);
}

async function refuseIfHeld(
  folder: string,
  number: number,
  tell: (message: string) => void,
  { goneMs, touchMs }: LockTimes,
): Promise<void> {
  const path = join(folder, `.lock-${number}`);
  const holder = await readHolder(path);
  if (holder === null) return;
  const found = held.has(holder.token) ? 'alive' : whereabouts(holder);
  if (found === 'gone') return;
  if (found === 'elsewhere') {
    tell(`${folder} was last used by ${nameOf(holder)}: looking for up to ${goneMs / 1000} s whether it still is`);
    if (!(await isTouched(path, goneMs, touchMs))) return;
  }
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_IN_USE',
    what: `The run folder ${folder} is in use`,
    why: `${nameOf(holder)} is training there`,
    mend: 'Wait until it ends, or stop it; or go on from its newest checkpoint elsewhere with --out DIR',
  });
}

/** null if it is gone, or was never written to its end: then its writer did not come to hold it. */
async function readHolder(path: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse((await readRegularFile(path, SMALL_BYTES)).toString()) as Record<keyof Holder, unknown>;
    const { pid, token, host, place, born } = holder;
    if (!Number.isSafeInteger(pid) || (pid as number) <= 0) return null;
    if ([token, host, place].some((text) => typeof text !== 'string')) return null;
    return born === null || typeof born === 'string' ? (holder as unknown as Holder) : null;
  } catch {
    return null;
  }
}

/** Whether somebody writes the file again before it is `goneMs` old. */
async function isTouched(path: string, goneMs: number, touchMs: number): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    // by the file system's clock, which need not be ours
    const probe = join(dirname(path), `.lock.${randomUUID()}`);
    for (;;) {
      await delay(touchMs / 5);
      await writeFile(probe, '');
      const age = (await stat(probe)).mtimeMs - mtimeMs;
      await rm(probe, { force: true });
      if ((await stat(path)).mtimeMs !== mtimeMs) return true;
      if (age > goneMs) return false;
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false; // it was released
    throw error;
  }
}

function nameOf({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}
