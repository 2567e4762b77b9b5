// A run's receipts on the disk: lines wait in memory until they are flushed, which is before the checkpoint that tells where they
// stand. Knows nothing of what is hashed, and when.

import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { RECORD_BYTES, readRegularFile } from '../../src/host/files/read-file.ts';
import {
  emptyChain,
  type Receipt,
  type ReceiptsMark,
  readReceipts,
  receiptLine,
  receiptsFileName,
} from '../../src/run/receipts.ts';
import { WriteFailure } from './checkpoint-files.ts';
import { type Flush, flush, flushFolder } from './flush.ts';

export class ReceiptsFile {
  readonly #path: string;
  readonly #flush: Flush;
  /** Not on the disk yet. */
  #pending: string[];
  /** Bytes on the disk, and with all that is pending. */
  #written: number;
  #end: ReceiptsMark;
  /** Whether the file may have more than that. */
  #isLonger: boolean;
  /** Where an equal run that was not interrupted here has the same lines. */
  #mark: ReceiptsMark;

  private constructor(path: string, flushed: Flush, before: string[], written: number, end: ReceiptsMark) {
    this.#path = path;
    this.#flush = flushed;
    this.#pending = before;
    this.#written = written;
    this.#end = end;
    this.#mark = end;
    this.#isLonger = written > 0;
  }

  /** Of a run that begins: what a process that was killed before its first checkpoint left is written over. */
  static anew(folder: string, flushed: Flush = flush): ReceiptsFile {
    return new ReceiptsFile(join(folder, receiptsFileName), flushed, [], 0, emptyChain);
  }

  /** Of a run that goes on in its own folder from where `mark` says; what is behind that is cut off by the next flush. */
  static async goOn(folder: string, mark: ReceiptsMark, flushed: Flush = flush): Promise<ReceiptsFile> {
    await readUpTo(folder, mark);
    return new ReceiptsFile(join(folder, receiptsFileName), flushed, [], mark.bytes, mark);
  }

  /** The same for one that goes on in another folder, into which the lines before are copied. */
  static async copied(
    source: string,
    folder: string,
    mark: ReceiptsMark,
    flushed: Flush = flush,
  ): Promise<ReceiptsFile> {
    return new ReceiptsFile(join(folder, receiptsFileName), flushed, [await readUpTo(source, mark)], 0, mark);
  }

  /** Puts what cannot be gone on with out of the way. Returns its new name; null where there was nothing. */
  static async setAside(folder: string, step: number): Promise<string | null> {
    const aside = join(folder, `receipts-before-step-${step}.jsonl`);
    try {
      await rename(join(folder, receiptsFileName), aside);
      return aside;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  /** Whether it has its first line. */
  get isBegun(): boolean {
    return this.#end.bytes > 0;
  }

  /** Where a run that goes on from here has to go on. */
  get mark(): ReceiptsMark {
    return this.#mark;
  }

  /** `passing`: it tells of what befell this run alone, and a run that goes on from here writes it anew, if at all. */
  add(receipt: Receipt, passing = false): void {
    const { line, link } = receiptLine(receipt, this.#end.link);
    this.#pending.push(line);
    this.#end = { bytes: this.#end.bytes + Buffer.byteLength(line), link };
    if (!passing) this.#mark = this.#end;
  }

  /** Puts all lines on the disk. @throws WriteFailure; the lines stay then for the next time */
  async flush(): Promise<void> {
    const lines = this.#pending;
    if (lines.length === 0 && !this.#isLonger) return;
    this.#pending = [];
    const bytes = Buffer.from(lines.join(''));
    try {
      const file = await open(this.#path, this.#written === 0 ? 'w' : 'r+');
      try {
        for (let done = 0; done < bytes.length; ) {
          done += (await file.write(bytes, done, bytes.length - done, this.#written + done)).bytesWritten;
        }
        // what stood behind the place where the run went on
        await file.truncate(this.#written + bytes.length);
        await this.#flush(file);
      } finally {
        await file.close();
      }
      if (this.#written === 0) await flushFolder(dirname(this.#path), this.#flush);
    } catch (error) {
      this.#pending = [...lines, ...this.#pending];
      throw new WriteFailure(this.#path, bytes.length, error);
    }
    this.#written += bytes.length;
    this.#isLonger = false;
  }
}

/** A run's receipts as text. @throws what the system says, or NotReadError */
export async function readReceiptsText(folder: string): Promise<string> {
  return (await readRegularFile(join(folder, receiptsFileName), RECORD_BYTES)).toString();
}

/** The lines up to where a checkpoint says that they stand. @throws Error which says why they do not */
async function readUpTo(folder: string, mark: ReceiptsMark): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(join(folder, receiptsFileName), RECORD_BYTES);
  } catch (error) {
    throw new Error(ioReason(error), { cause: error });
  }
  const text = bytes.subarray(0, mark.bytes).toString();
  if (bytes.length < mark.bytes || !text.endsWith(`"link":"${mark.link}"}\n`)) {
    throw new Error('it does not have the line that the checkpoint names');
  }
  const found = readReceipts(text);
  if ('why' in found) throw new Error(found.why);
  return text;
}
