// The standard streams, so that nobody who reads slowly, not at all or no more can stop the work. Knows nothing of what is
// written.

import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { hasColours } from './colours.ts';

/** Characters that wait for a reader; what comes beyond is left out, and counted. */
const MOST_WAITING = 2 ** 20;

/**
 * Node's writes to pipes and terminals wait for the reader, and with them everything: the training, and the signals. The
 * kernel's word for it has no public name in Node.
 */
export function neverBlock(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(on: boolean): unknown } };
  handle?.setBlocking?.(false);
  // a reader that goes away (lockstep train | head), a terminal that is closed: the results are in the run folder
  stream.on('error', () => {});
}

/**
 * Node crashes as it exits if a terminal that it started with is gone: it wants to give it its mode back. It leaves alone what
 * is closed. To be called at the start.
 */
export function outliveTerminal(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

function messagesLeftOut(count: number): string {
  return `(${count} messages were left out: nobody read them)`;
}

/** What may be left out: progress, warnings and events. */
export class Notes {
  /** Of each line: whose it is, where several processes write to one terminal. */
  prefix = '';
  readonly #stream: NodeJS.WriteStream;
  readonly #leftOutLine: (count: number) => string;
  #leftOut = 0;

  constructor(stream: NodeJS.WriteStream, leftOutLine = messagesLeftOut) {
    this.#stream = stream;
    this.#leftOutLine = leftOutLine;
  }

  write(text: string): void {
    if (this.#stream.writableLength > MOST_WAITING) {
      this.#leftOut++;
      return;
    }
    if (this.#leftOut > 0) this.#stream.write(`${this.#leftOutLine(this.#leftOut)}\n`);
    this.#leftOut = 0;
    this.#stream.write(this.prefix === '' ? text : text.replaceAll(/^(?=.)/gm, this.prefix));
  }
}

/** `count`: colours that are needed; 16 are the least that there are. */
export function showsColours(stream: NodeJS.WriteStream, count = 16): boolean {
  return hasColours(stream.isTTY === true, count, process.env);
}

/** Cells of a line; null: it is no terminal. */
export function widthOf({ isTTY, columns }: NodeJS.WriteStream): number | null {
  // where it does not know its size, it is most likely the usual one
  return isTTY === true ? columns || 80 : null;
}

/** The stream of the notes, for progress: what is drawn over. */
export function progressSink(stream: NodeJS.WriteStream, notes: Notes) {
  return {
    write: (text: string) => notes.write(text),
    isTTY: stream.isTTY && process.env['TERM'] !== 'dumb',
    colours: showsColours(stream),
    get columns() {
      return stream.columns;
    },
  };
}

/** Resolves when all that was written is out, or cannot come out any more. */
export async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
