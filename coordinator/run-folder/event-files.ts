// The event files of a run folder, tensorboard/: one that grows while a process trains, and small ones that are replaced
// whole. TensorBoard reads the files of a folder in the order of their names, and returns to none: so each new one comes last,
// whatever the clock says. Knows nothing of what the records tell.

import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../src/host/files/io-reason.ts';
import { BOARD_FOLDER } from './folder-names.ts';
import { writeWhole } from './write-whole.ts';

/** `training`: grows; a file a process. `session`: what was asked, and how it ended. `report`: images. */
type Kind = 'training' | 'session' | 'report';

/** The name of the next file of those that are present. */
export function nextEventFile(present: readonly string[], kind: Kind, nowSeconds: number): string {
  const times = present.flatMap((name) => /^events\.out\.tfevents\.(\d{10})\./.exec(name)?.[1] ?? []).map(Number);
  const time = Math.max(Math.floor(nowSeconds), ...times.map((one) => one + 1));
  return `events.out.tfevents.${String(time).padStart(10, '0')}.${kind}`;
}

export async function hasEventFiles(runFolder: string): Promise<boolean> {
  return (await namesIn(runFolder)).some((name) => name.includes('.tfevents.'));
}

/** Writes a file whole, and then removes those of its kind that were there before. Returns its path. */
export async function replaceEventFile(
  runFolder: string,
  kind: Exclude<Kind, 'training'>,
  records: readonly Uint8Array[],
): Promise<string> {
  await makeFolder(runFolder);
  const present = await namesIn(runFolder);
  const path = join(runFolder, BOARD_FOLDER, nextEventFile(present, kind, Date.now() / 1000));
  await writeWhole(path, Buffer.concat(records));
  const isOlder = (name: string) => name.startsWith('events.out.tfevents.') && name.endsWith(`.${kind}`);
  for (const name of present.filter(isOlder)) await rm(join(runFolder, BOARD_FOLDER, name), { force: true });
  return path;
}

/** The file of this process. It is made by the first writing; what could not be written is tried again by the next. */
export class GrowingEventFile {
  readonly #runFolder: string;
  #handle: FileHandle | null = null;
  #waiting: Uint8Array[] = [];
  /** Bytes of whole records in the file. */
  #whole = 0;

  constructor(runFolder: string) {
    this.#runFolder = runFolder;
  }

  add(record: Uint8Array): void {
    this.#waiting.push(record);
  }

  /** Writes what was added, whole records only. Not twice at the same time. @throws what the system says; the records wait on */
  async write(): Promise<void> {
    this.#handle ??= await this.#make();
    const records = this.#waiting;
    const bytes = Buffer.concat(records);
    this.#waiting = [];
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#whole + done);
        done += bytesWritten;
      }
      this.#whole += bytes.length;
    } catch (error) {
      this.#waiting = [...records, ...this.#waiting];
      // a part of them may be there: a reader would take it for damage
      await this.#handle.truncate(this.#whole).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  async #make(): Promise<FileHandle> {
    await makeFolder(this.#runFolder);
    const name = nextEventFile(await namesIn(this.#runFolder), 'training', Date.now() / 1000);
    return await open(join(this.#runFolder, BOARD_FOLDER, name), 'wx');
  }
}

async function makeFolder(runFolder: string): Promise<void> {
  await mkdir(join(runFolder, BOARD_FOLDER)).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

async function namesIn(runFolder: string): Promise<string[]> {
  return await readdir(join(runFolder, BOARD_FOLDER)).catch((error: unknown) => {
    // something else may be in its place: that is told of where it is to be written to
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
    throw error;
  });
}
