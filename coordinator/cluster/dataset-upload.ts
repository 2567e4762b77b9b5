// The dataset on its way to a node that does not have it: one piece after the other, as fast as the node takes them. Knows
// nothing of what else is said on the connection.

import type { DatasetBytes } from '../../src/wire/dataset-bytes.ts';
import { DATA_PIECE_BYTES } from '../../src/wire/limits.ts';
import type { NodeConnection } from './node-connection.ts';

// given to a connection at a time
const AHEAD_BYTES = 1024 * 1024;

export class DatasetUpload {
  readonly #connection: NodeConnection;
  readonly #bytes: DatasetBytes;
  #offset = 0;

  /** Begins at once. */
  constructor(connection: NodeConnection, bytes: DatasetBytes) {
    this.#connection = connection;
    this.#bytes = bytes;
    this.#send();
  }

  /** All of it was given to the connection. */
  get done(): boolean {
    return this.#offset === this.#bytes.length;
  }

  #send(): void {
    let paused = false;
    while (!this.done && !paused) {
      const offset = this.#offset;
      const payload = this.#bytes.slice(offset, offset + DATA_PIECE_BYTES);
      this.#offset += payload.length;
      paused = !this.done && this.#connection.waitingBytes + payload.length >= AHEAD_BYTES;
      const goOn = () => this.#connection.isOpen && this.#send();
      this.#connection.send({ type: 'data', offset, total: this.#bytes.length, payload }, paused ? goOn : undefined);
    }
  }
}
