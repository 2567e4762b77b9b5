// Many small files, one after the other. Read at once and not through the pool of libuv, in which the four calls that a picture
// takes cost ten times what they do here; whoever reads many of them lets others come to their turn in between. Knows nothing of
// what stands in them.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { kindOf, NotReadError } from './read-file.ts';

// whatever was put in a file's place is not waited for; Windows has neither
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

export class SmallFiles {
  readonly #most: number;
  #room: Uint8Array = new Uint8Array(2 ** 16);

  /** `most`: bytes that a file may have. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The first `bytes` of a file, or all there are; good until the next one is read. @throws what the system says, or NotReadError */
  read(path: Buffer, bytes = Number.POSITIVE_INFINITY): Uint8Array {
    const descriptor = openSync(path, flags);
    try {
      const found = fstatSync(descriptor);
      const kind = kindOf(found);
      if (kind !== null) throw new NotReadError(`it is ${kind}, not a file`);
      if (found.size > this.#most)
        throw new NotReadError(`it has ${found.size} bytes, and a picture may have ${this.#most}`);
      const wanted = Math.min(bytes, found.size);
      if (wanted > this.#room.length) this.#room = new Uint8Array(wanted);
      let end = 0;
      while (end < wanted) {
        const read = readSync(descriptor, this.#room, end, wanted - end, null);
        if (read === 0) break;
        end += read;
      }
      return this.#room.subarray(0, end);
    } finally {
      closeSync(descriptor);
    }
  }
}
