// Addresses of a memory that is laid out, one after the other. It writes nothing. Pure.

/** A pair of buffers: step s reads buffer s % 2 and writes the other. */
export type Pair = readonly [number, number];

/** Hands out addresses, one after the other, and keeps what is to be written there. */
export class Space {
  end: number;
  readonly records: { address: number; words: readonly number[] }[] = [];

  constructor(base: number) {
    this.end = base;
  }

  /** On a cache line of its own, so that threads do not fight for a line that they do not share. */
  take(bytes: number): number {
    const address = Math.ceil(this.end / 64) * 64;
    this.end = address + bytes;
    return address;
  }

  pair(bytes: number): Pair {
    return [this.take(bytes), this.take(bytes)];
  }

  record(words: readonly number[]): number {
    const address = this.take(words.length * 4);
    this.records.push({ address, words });
    return address;
  }
}
