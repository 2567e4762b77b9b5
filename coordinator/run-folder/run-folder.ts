// The folder of one run: made for it alone, never written over, held by one process at a time, every file in it whole. Knows
// nothing of what the files mean.

import { type Dirent, existsSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { ioReason, writeCodeOf } from '../../src/host/files/io-reason.ts';
import { jsonText } from '../../src/run/disk-records.ts';
import { resumeCommand } from '../../src/text/shell-command.ts';
import { flushFolder } from './flush.ts';
import { FolderLock, isLockName } from './folder-lock.ts';
import { halfWritten } from './half-written.ts';
import { MadeFolders } from './made-folders.ts';
import { notWritten } from './not-written.ts';
import { isAside, writeWhole } from './write-whole.ts';

export class RunFolder {
  readonly path: string;
  /** Of a folder that was there before, nothing is taken back. */
  readonly isNew: boolean;
  readonly #folders = new MadeFolders();
  readonly #written = new Set<string>();
  #lock: FolderLock | null = null;

  private constructor(path: string, isNew: boolean) {
    this.path = path;
    this.isNew = isNew;
  }

  /** Takes a new or empty folder and writes config.json; when that fails, nothing of it stays. */
  static async create(path: string, config: object): Promise<RunFolder> {
    const folder = new RunFolder(path, true);
    try {
      await folder.#make();
      folder.#lock = await FolderLock.take(path, () => {});
      // another process may have been quicker, and be done already
      await folder.#refuseIfUsed();
      await folder.writeFile('config.json', fileText(config), ExitCode.usage);
    } catch (error) {
      await folder.discard();
      throw error;
    }
    return folder;
  }

  /** Takes the folder of a run that is to go on, and removes what a killed process left half-written. */
  static async open(path: string, tell: (message: string) => void): Promise<RunFolder> {
    const folder = new RunFolder(path, false);
    folder.#lock = await FolderLock.take(path, tell);
    try {
      for (const left of await halfWritten(path)) await rm(left, { force: true });
    } catch (error) {
      await folder.close();
      throw error;
    }
    return folder;
  }

  /** Removes what a killed process left in a folder that nobody is to write to; where that cannot be done, it stays. */
  static async tidy(path: string, tell: (message: string) => void): Promise<void> {
    try {
      const left = (await readdir(path)).some(isLockName) || (await halfWritten(path)).length > 0;
      if (left) await (await RunFolder.open(path, tell)).close();
    } catch {
      // in use, or not ours to write to
    }
  }

  /** The name of the run. */
  get name(): string {
    return basename(resolve(this.path));
  }

  /** `exitCode` tells whether a failure comes before the first step (usage) or later. */
  async writeFile(name: string, data: string | Uint8Array, exitCode: ExitCode = ExitCode.runFailed): Promise<void> {
    const path = join(this.path, name);
    try {
      await writeWhole(path, data);
    } catch (cause) {
      const mend = 'Make room there, or choose a folder on another disk with --out DIR';
      throw notWritten({ path, bytes: Buffer.byteLength(data), cause }, mend, exitCode);
    }
    this.#written.add(path);
  }

  async writeJson(name: string, value: unknown, exitCode?: ExitCode): Promise<void> {
    await this.writeFile(name, fileText(value), exitCode);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
    await flushFolder(this.path);
  }

  /** Refuses what could not be written over: else it would only be found when the run has come to its end. */
  async expectFiles(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = join(this.path, name);
      const found = await lstat(path).catch(() => null);
      if (found === null || found.isFile() || found.isSymbolicLink()) continue;
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_WRITE_FAILED',
        what: `${path} cannot be written`,
        why: found.isDirectory() ? 'a folder is in its place' : 'a pipe, a socket or a device is in its place',
        mend: 'Move it out of the run folder; or go on elsewhere with --out DIR',
      });
    }
  }

  /** Lets other processes have it. */
  async close(): Promise<void> {
    await this.#lock?.release();
    this.#lock = null;
  }

  /** For a run that fails before its first step: removes the files that we wrote, and the folders that we made. */
  async discard(): Promise<void> {
    if (this.isNew) for (const path of this.#written) await rm(path, { force: true });
    await this.close();
    if (this.isNew) await this.#folders.remove();
  }

  async #make(): Promise<void> {
    try {
      await this.#folders.make(this.path);
      await readdir(this.path);
    } catch (cause) {
      throw notMade(this.path, cause);
    }
    await this.#refuseIfUsed();
  }

  /** What a process left that was killed while it took the folder is nothing. */
  async #refuseIfUsed(): Promise<void> {
    const present = (await readdir(this.path, { withFileTypes: true }))
      // what a file system makes at its root is nobody's work
      .filter((entry) => !isLockName(entry.name) && !isAside(entry.name) && !isLostAndFound(entry))
      .map(({ name }) => name)
      .sort();
    if (present.length > 0) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_OUTPUT_EXISTS',
        what: `The run folder ${this.path} is not empty`,
        why: `it holds ${listed(present)} already, and a run is never written over`,
        mend: present.includes('config.json')
          ? `Go on with the run there: ${resumeCommand(this.path)}; or choose a new folder with --out DIR`
          : 'Choose a new folder with --out DIR, or leave --out out for runs/<date-time>',
      });
    }
  }
}

/** Where a run goes that was given no folder: runs/2026-11-23T12-54-00, with -2, -3 and so on where that is taken. */
export function defaultRunFolder(now: Date, exists: (path: string) => boolean): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const time = [two(now.getHours()), two(now.getMinutes()), two(now.getSeconds())].join('-');
  const path = join('runs', `${date}T${time}`);
  if (!exists(path)) return path;
  let suffix = 2;
  while (exists(`${path}-${suffix}`)) suffix++;
  return `${path}-${suffix}`;
}

/** A default folder that is made at once, so that runs started in the same second get one each. */
export class ReservedFolder {
  readonly path: string;
  readonly #folders: MadeFolders;

  private constructor(path: string, folders: MadeFolders) {
    this.path = path;
    this.#folders = folders;
  }

  /** Below `parent`, by default the current folder. */
  static async reserve(now: Date, parent = ''): Promise<ReservedFolder> {
    const folders = new MadeFolders();
    for (;;) {
      const path = join(
        parent,
        defaultRunFolder(now, (taken) => existsSync(join(parent, taken))),
      );
      try {
        // If another run was quicker, the next look will see its folder.
        if (await folders.make(path)) return new ReservedFolder(path, folders);
      } catch (cause) {
        await folders.remove();
        throw notMade(path, cause);
      }
    }
  }

  /** Gives the folder back if nothing was put into it. */
  async release(): Promise<void> {
    await this.#folders.remove();
  }
}

function isLostAndFound(entry: Dirent): boolean {
  return entry.name === 'lost+found' && entry.isDirectory();
}

/** The first of some names, and how many more there are. */
function listed(names: readonly string[]): string {
  const most = 5;
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `${names
    .slice(0, most)
    .map((name) => JSON.stringify(name))
    .join(', ')}${more}`;
}

function notMade(path: string, cause: unknown): LockstepError {
  return new LockstepError({
    code: writeCodeOf(cause),
    what: `The run folder ${path} cannot be made`,
    why: ioReason(cause),
    mend: 'Choose a folder that you may write to with --out DIR',
    cause,
  });
}

function fileText(value: unknown): string {
  return `${jsonText(value, 2)}\n`;
}
