// A Parquet file on the disk: its footer, and the values of one of its columns page by page, so that no more than a page of it is
// in memory. Knows nothing of what the values are for.

import type { FileHandle } from 'node:fs/promises';
import { type Chunk, type Column, FOOTER_TAIL, type Footer, footerBytes, readFooter } from '../../parquet/footer.ts';
import { ColumnPages, type ColumnValue, type PageHeader, pageHeader } from '../../parquet/page.ts';
import { damaged, ParquetError } from '../../parquet/thrift.ts';
import { openFile } from '../files/read-file.ts';

/** A header of a page takes less, though it may quote the least and the greatest value. */
const HEADER_BYTES = 2 ** 16;
/** Read at once: pages may be small, and many. */
const READ_BYTES = 2 ** 18;

export class ParquetFile {
  readonly footer: Footer;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, footer: Footer) {
    this.#handle = handle;
    this.footer = footer;
  }

  /** To be closed by the caller. @throws what the system says, NotReadError or ParquetError */
  static async open(path: string): Promise<ParquetFile> {
    const { handle, size } = await openFile(path);
    try {
      if (size < 2 * FOOTER_TAIL) throw new ParquetError('it is too short for a Parquet file');
      const length = footerBytes(await bytesAt(handle, size - FOOTER_TAIL, FOOTER_TAIL), size);
      const footer = readFooter(await bytesAt(handle, size - FOOTER_TAIL - length, length), size);
      return new ParquetFile(handle, footer);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** All values of a column, a page at a time. @throws ParquetError */
  async *values(column: number): AsyncGenerator<readonly ColumnValue[]> {
    for (const { rows, chunks } of this.footer.groups) {
      let left = rows;
      for await (const values of this.#chunk(this.footer.columns[column]!, chunks[column]!)) {
        left -= values.length;
        if (left < 0) throw damaged();
        yield values;
      }
      if (left > 0) throw damaged();
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async *#chunk(column: Column, chunk: Chunk): AsyncGenerator<readonly ColumnValue[]> {
    const pages = new ColumnPages(column, chunk);
    let [at, left] = [chunk.start, chunk.values];
    const end = chunk.start + chunk.bytes;
    let read: Uint8Array = new Uint8Array(0);
    let from = at;
    const bytes = async (length: number): Promise<Uint8Array> => {
      if (at - from + length > read.length) {
        read = await bytesAt(this.#handle, at, Math.max(length, Math.min(READ_BYTES, end - at)));
        from = at;
      }
      return read.subarray(at - from, at - from + length);
    };
    while (left > 0 && at < end) {
      const head: PageHeader = pageHeader(await bytes(Math.min(HEADER_BYTES, end - at)));
      at += head.bytes;
      if (head.body > end - at) throw damaged();
      const values = pages.values(head, await bytes(head.body));
      at += head.body;
      left -= values.length;
      if (values.length > 0) yield values;
    }
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let end = 0; end < length; ) {
    const { bytesRead } = await handle.read(bytes, end, length - end, position + end);
    if (bytesRead === 0) throw new ParquetError('it was cut off while it was read');
    end += bytesRead;
  }
  return bytes;
}
