// The one door to files that somebody else wrote or named: nothing but a file is opened, no more is read than was agreed, and
// no read waits for ever. Knows nothing of what stands in them.
//
// A pipe, a terminal or a device must be recognised before it is opened: a thread of libuv's pool that reads a pipe which
// nobody writes to never comes back, and the process cannot end while it waits.

import { constants, open as openDescriptor, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/** Why a file is not read, in words for an error's "why". */
export class NotReadError extends Error {
  /** For whoever tells failed reads from bugs by their code. */
  readonly code = 'ERR_NOT_READ';
}

const MIB = 2 ** 20;
/** Files that people write by hand, and PEM files. */
export const SMALL_BYTES = MIB;
/** Records of a run: history.json of 100,000 epochs has a tenth of it. */
export const RECORD_BYTES = 256 * MIB;
/** Of tensors: more do not fit into the kernels' memory; and into one buffer of Node 20. */
const MOST_BYTES = 4095 * MIB;

/** One read takes 2 GiB at the most. */
const PIECE_BYTES = 64 * MIB;
/** A command that writes into a pipe may first ask for a password. */
const PIPE_PATIENCE_MS = 30_000;
// Windows has neither
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

export interface OpenFile {
  readonly handle: FileHandle;
  /** Bytes when it was opened; 0 also for the files of /proc. */
  readonly size: number;
}

/** Opens a file to read it; to be closed by the caller. @throws what the system says, or NotReadError */
export async function openFile(path: string): Promise<OpenFile> {
  const kind = kindOf(await stat(path));
  if (kind !== null) throw noFile(kind);
  const handle = await open(path, flags);
  try {
    // it may have been exchanged meanwhile
    const found = await handle.stat();
    const other = kindOf(found);
    if (other !== null) throw noFile(other);
    return { handle, size: found.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What it is, if it is no file: "a pipe". */
export function kindOf(found: Stats): string | null {
  if (found.isFile()) return null;
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  if (found.isSocket()) return 'a socket';
  if (found.isCharacterDevice() || found.isBlockDevice()) return 'a device';
  return 'something else';
}

/** The whole file, which may have `most` bytes. @throws what the system says, or NotReadError */
export async function readRegularFile(path: string, most = MOST_BYTES): Promise<Buffer> {
  const { handle, size } = await openFile(path);
  try {
    if (size > most) throw tooLarge(size, most);
    // one byte more shows that it ends there
    let bytes = Buffer.from(new ArrayBuffer(size + 1));
    let end = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, end, Math.min(bytes.length - end, PIECE_BYTES), null);
      if (bytesRead === 0) return bytes.subarray(0, end);
      end += bytesRead;
      if (end > most) throw tooLarge(end, most);
      // it grows while it is read, or does not tell its size
      if (end === bytes.length) bytes = Buffer.concat([bytes], Math.max(4096, 2 * end));
    }
  } finally {
    await handle.close();
  }
}

/**
 * A small file that a user named, or what another command writes into a pipe of that name, such as a shell makes for
 * <(command).
 */
export async function readNamed(path: string): Promise<Uint8Array> {
  const found = await stat(path);
  return found.isFIFO() ? await readPipe(path) : await readRegularFile(path, SMALL_BYTES);
}

/** By polling, which no thread waits for; nobody may ever write. */
async function readPipe(path: string): Promise<Uint8Array> {
  const pipe = new Socket({ fd: await promisify(openDescriptor)(path, flags), readable: true, writable: false });
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    return await new Promise((resolve, reject) => {
      pipe.setTimeout(PIPE_PATIENCE_MS, () =>
        reject(new NotReadError(`it is a pipe that nobody wrote to for ${PIPE_PATIENCE_MS / 1000} s`)),
      );
      pipe.on('data', (piece) => {
        pieces.push(piece);
        bytes += piece.length;
        if (bytes > SMALL_BYTES) reject(tooLarge(bytes, SMALL_BYTES));
      });
      pipe.once('end', () => resolve(Buffer.concat(pieces)));
      pipe.once('error', reject);
    });
  } finally {
    pipe.destroy();
  }
}

function noFile(kind: string): NotReadError {
  return new NotReadError(`it is ${kind}, not a file${kind === 'a folder' ? ' (EISDIR)' : ''}`);
}

function tooLarge(found: number, most: number): NotReadError {
  return new NotReadError(`it has ${found} bytes or more, and such a file may have ${most}`);
}
