// One IDX file, plain or packed with gzip, whatever its name says: its header first, and then no more than that promises.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { fileKindOf, isGzip, SNIFFED_BYTES } from '../../data/file-kind.ts';
import { checkIdxLength, IdxBody, type IdxHeader, type IdxRole, readIdxHeader } from '../../data/idx.ts';
import { LockstepError } from '../../errors.ts';
import { codeOf, ioReason } from './io-reason.ts';
import { type OpenFile, openFile } from './read-file.ts';

const PIECE_BYTES = 2 ** 18;
/** Of what is read at once to where it is to lie: while one such piece is read the one before is looked at. */
const MOST_READ = 2 ** 22;

export class IdxFile {
  readonly header: IdxHeader;
  readonly #file: OpenFile;
  readonly #pieces: AsyncGenerator<Uint8Array>;
  readonly #packed: boolean;
  /** What was read of the elements with the header. */
  readonly #first: Uint8Array;

  private constructor(
    header: IdxHeader,
    file: OpenFile,
    pieces: AsyncGenerator<Uint8Array>,
    packed: boolean,
    first: Uint8Array,
  ) {
    this.header = header;
    this.#file = file;
    this.#pieces = pieces;
    this.#packed = packed;
    this.#first = first;
  }

  /** Reads its header. To be closed. @throws LockstepError */
  static async open(path: string, role: IdxRole): Promise<IdxFile> {
    const file = await openFile(path).catch((cause) => {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_DATA_UNREADABLE',
        what: `The data file ${path} cannot be read`,
        why: ioReason(cause),
        mend: 'See to it that it is a file and that you may read it',
        cause,
      });
    });
    try {
      const plain = piecesOf(file);
      const start = await headOf(plain, path);
      const packed = isGzip(start);
      const pieces = packed ? inflated(preceded(start, plain)) : plain;
      const head = packed ? await headOf(pieces, path) : start;
      const kind = fileKindOf(head);
      if (kind !== null) {
        const what = packed
          ? `${path} is packed with gzip, and what is in it is no IDX file`
          : `${path} is no IDX file`;
        throw new LockstepError({
          code: 'ERR_LOCKSTEP_DATA_MALFORMED',
          what,
          why: `${packed ? 'inside' : 'by its first bytes'} it is ${kind.name}`,
          mend: kind.mend,
        });
      }
      const header = readIdxHeader(head, path, role);
      if (!packed && file.size > 0) checkIdxLength(header, file.size);
      return new IdxFile(header, file, pieces, packed, head.subarray(header.headerBytes));
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  }

  /**
   * All elements, as bytes, in `target` if there is one. To be called once. `seen` hears all of them in order, in pieces, while
   * the next ones are read. @throws LockstepError
   */
  async elements(target?: Uint8Array, seen: (piece: Uint8Array) => void = () => undefined): Promise<Uint8Array> {
    const body = new IdxBody(this.header, target);
    body.add(this.#first);
    const before = this.#packed ? 0 : await this.#readInto(body, seen);
    // what is converted or unpacked; and what should not be there
    for await (const piece of told(this.#pieces, this.header.name)) body.add(piece);
    const bytes = body.end();
    seen(bytes.subarray(before));
    return bytes;
  }

  /** Reads what needs no changing to where it is to lie: a data set is large, and is not copied. Returns how many were seen. */
  async #readInto(body: IdxBody, seen: (piece: Uint8Array) => void): Promise<number> {
    let before = 0;
    for (let room = body.room; room.length > 0; room = body.room) {
      const reading = this.#file.handle.read(room, 0, Math.min(room.length, MOST_READ), null);
      const end = body.bytes.length - room.length;
      seen(body.bytes.subarray(before, end));
      before = end;
      const { bytesRead } = await reading.catch((cause) => {
        throw unreadable(this.header.name, cause);
      });
      if (bytesRead === 0) break;
      body.filled(bytesRead);
    }
    return before;
  }

  async close(): Promise<void> {
    await this.#pieces.return(undefined);
    await this.#file.handle.close();
  }
}

async function* piecesOf({ handle }: OpenFile): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Members one after the other and zeros behind them are part of the format; anything else behind them is an error. */
async function* inflated(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  // it fails where the reading below fails
  pipeline(Readable.from(packed), gunzip).catch(() => undefined);
  try {
    yield* gunzip;
  } finally {
    gunzip.destroy();
  }
}

/** At least SNIFFED_BYTES of the first bytes, or all there are. */
async function headOf(pieces: AsyncGenerator<Uint8Array>, path: string): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < SNIFFED_BYTES) {
    const { value, done } = await pieces.next().catch((cause) => {
      throw unreadable(path, cause);
    });
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return head;
}

async function* preceded(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

async function* told(pieces: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): LockstepError {
  const fails = codeOf(cause)?.startsWith('Z_') ?? false;
  return new LockstepError({
    code: fails ? 'ERR_LOCKSTEP_DATA_MALFORMED' : 'ERR_LOCKSTEP_DATA_UNREADABLE',
    what: fails ? `The data file ${path} cannot be unpacked` : `The data file ${path} cannot be read`,
    why: fails ? gzipReason(cause as Error) : ioReason(cause),
    mend: fails
      ? 'Fetch the file again from where it came from'
      : 'See to it that it is a file and that you may read it',
    cause,
  });
}

function gzipReason(error: Error): string {
  if (codeOf(error) === 'Z_BUF_ERROR') return 'the gzip data end too early: the file is truncated';
  // that of the file was looked at before
  if (error.message === 'incorrect header check') return 'something that is no gzip follows its gzip data';
  return `it is corrupt: ${error.message}`;
}
