// One IDX file, plain or packed with gzip, whatever its name says: its header first, and then no more than that promises.

import type { DenseArray } from '../../data/dense-array.ts';
import { fileKindOf, isGzip, SNIFFED_BYTES } from '../../data/file-kind.ts';
import { checkIdxLength, type IdxHeader, type IdxRole, readIdxHeader } from '../../data/idx.ts';
import { LockstepError } from '../../errors.ts';
import { codeOf } from '../files/io-reason.ts';
import type { OpenFile } from '../files/read-file.ts';
import { type ByteStream, gunzipped, plainBytes, preceded, take } from './byte-stream.ts';
import { openDataFile, unreadable } from './data-file.ts';

export class IdxFile {
  readonly header: IdxHeader;
  /** Its elements begin here. */
  readonly bytes: ByteStream;

  private constructor(header: IdxHeader, bytes: ByteStream) {
    this.header = header;
    this.bytes = bytes;
  }

  /** Reads its header. To be closed. @throws LockstepError */
  static async open(path: string, role: IdxRole): Promise<IdxFile> {
    const file = await openDataFile(path);
    const plain = told(plainBytes(file), path);
    try {
      return await IdxFile.#read(path, role, file, plain);
    } catch (error) {
      await plain.close();
      throw error;
    }
  }

  static async #read(path: string, role: IdxRole, file: OpenFile, plain: ByteStream): Promise<IdxFile> {
    const start = await take(plain, SNIFFED_BYTES);
    const packed = isGzip(start);
    const bytes = packed ? told(gunzipped(preceded(start, plain)), path) : plain;
    const head = packed ? await take(bytes, SNIFFED_BYTES) : start;
    const kind = fileKindOf(head);
    if (kind !== null) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_DATA_MALFORMED',
        what: packed ? `${path} is packed with gzip, and what is in it is no IDX file` : `${path} is no IDX file`,
        why: `${packed ? 'inside' : 'by its first bytes'} it is ${kind.name}`,
        mend: kind.mend,
      });
    }
    const header = readIdxHeader(head, path, role);
    if (!packed && file.size > 0) checkIdxLength(header, file.size);
    return new IdxFile(header, preceded(head.subarray(header.headerBytes), bytes));
  }

  get array(): DenseArray {
    const { name, element: type, elements, headerBytes } = this.header;
    return { name, type, elements, checkLength: (found) => checkIdxLength(this.header, headerBytes + found) };
  }

  async close(): Promise<void> {
    await this.bytes.close();
  }
}

/** What goes wrong is told with the file's name. */
function told(stream: ByteStream, path: string): ByteStream {
  const fill = async (target: Uint8Array) =>
    await stream.fill(target).catch((cause) => {
      throw cause instanceof LockstepError ? cause : failed(path, cause);
    });
  return { fill, close: () => stream.close() };
}

function failed(path: string, cause: unknown): LockstepError {
  if (!codeOf(cause)?.startsWith('Z_')) return unreadable(path, cause);
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `The data file ${path} cannot be unpacked`,
    why: gzipReason(cause as Error),
    mend: 'Fetch the file again from where it came from',
    cause,
  });
}

function gzipReason(error: Error): string {
  if (codeOf(error) === 'Z_BUF_ERROR') return 'the gzip data end too early: the file is truncated';
  // that of the file was looked at before
  if (error.message === 'incorrect header check') return 'something that is no gzip follows its gzip data';
  return `it is corrupt: ${error.message}`;
}
