// A zip archive: what is in it, and its content piece by piece. yauzl reads the directory; what is unpacked is bounded here by what
// whoever reads it asks for, and the sum of all bytes is compared when the last was read.

import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, fromFd, type ZipFile } from 'yauzl';
import { LockstepError, messageOf } from '../../errors.ts';
import { ioReason } from '../files/io-reason.ts';
import { type OpenFile, openFile } from '../files/read-file.ts';
import { type ByteStream, MOST_READ, PIECE_BYTES, unpacked } from './byte-stream.ts';

interface ZipEntry {
  readonly name: string;
  /** As the archive says. */
  readonly bytes: number;
  /** Its bytes from the beginning; may be asked for again and again, one after the other. */
  open(): Promise<ByteStream>;
}

export interface ZipArchive {
  readonly entries: readonly ZipEntry[];
  close(): Promise<void>;
}

/** An archive of data has a few; the directory of more is not read. */
const MOST_ENTRIES = 1000;
const STORED = 0;
const DEFLATED = 8;

/** @throws LockstepError */
export async function openZip(path: string): Promise<ZipArchive> {
  const file = await openFile(path).catch((cause) => {
    throw unreadable(path, ioReason(cause), cause);
  });
  const { handle } = file;
  try {
    const zip = await directoryOf(handle.fd).catch((cause) => {
      throw unreadable(path, `it is cut off or no zip archive (${messageOf(cause).replace(/\.$/, '')})`, cause);
    });
    if (zip.entryCount > MOST_ENTRIES) {
      throw unreadable(path, `there are ${zip.entryCount} files in it, and an archive of arrays has a few`);
    }
    const entries = await entriesOf(zip).catch((cause) => {
      throw unreadable(path, messageOf(cause), cause);
    });
    return {
      entries: entries.map((entry) => ({
        name: entry.fileName,
        bytes: entry.uncompressedSize,
        open: async () => await contentOf(zip, entry, file, path),
      })),
      close: async () => await handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function directoryOf(fd: number): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    fromFd(fd, { lazyEntries: true, autoClose: false }, (error, zip) => (error ? reject(error) : resolve(zip!)));
  });
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', reject);
    zip.readEntry();
  });
}

async function contentOf(zip: ZipFile, entry: Entry, file: OpenFile, path: string): Promise<ByteStream> {
  const name = `${path} (${entry.fileName})`;
  const { compressionMethod: method } = entry;
  if (entry.isEncrypted()) throw unreadable(name, 'it is encrypted');
  if (method !== STORED && method !== DEFLATED) {
    throw unreadable(name, `it is packed by method ${method}, and only deflate is known (numpy.savez_compressed)`);
  }
  const start = await new Promise<number>((resolve, reject) => {
    zip.readLocalFileHeader(entry, { minimal: true }, (error, header) =>
      error ? reject(unreadable(name, messageOf(error), error)) : resolve(header.fileDataStart),
    );
  });
  const packed = packedBytes(file, start, entry);
  const stream = method === STORED ? packed : unpacked(packed, createInflateRaw({ chunkSize: PIECE_BYTES }));
  let sum = 0;
  let found = 0;
  const fill = async (target: Uint8Array) => {
    const filled = await stream.fill(target).catch((cause) => {
      throw unreadable(name, `it is corrupt: ${messageOf(cause)}`, cause);
    });
    sum = crc32(target.subarray(0, filled), sum);
    found += filled;
    if (found === entry.uncompressedSize && sum !== entry.crc32) {
      throw unreadable(name, 'its bytes are not those that were packed: their sum is another');
    }
    return filled;
  };
  return { fill, close: stream.close };
}

/** The bytes of an entry as they stand in the archive. */
function packedBytes({ handle }: OpenFile, start: number, { compressedSize }: Entry): ByteStream {
  let at = 0;
  const fill = async (target: Uint8Array) => {
    let filled = 0;
    while (filled < target.length) {
      const length = Math.min(target.length - filled, compressedSize - at, MOST_READ);
      const { bytesRead } = await handle.read(target, filled, length, start + at);
      if (bytesRead === 0) break;
      filled += bytesRead;
      at += bytesRead;
    }
    return filled;
  };
  // the archive's own file stays open
  return { fill, close: async () => undefined };
}

function unreadable(what: string, why: string, cause?: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `${what} cannot be unpacked`,
    why,
    mend: 'Fetch the file again from where it came from, or write it anew with numpy.savez',
    cause,
  });
}
