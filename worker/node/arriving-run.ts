// A run whose data are on their way to this node. The first piece says what they are, and with it the run's memory is laid out: all
// of them are read to where they stand.

import type { Dataset } from '../../src/data/dataset.ts';
import { DatasetArrival, datasetShapeOf } from '../../src/wire/dataset-bytes.ts';
import type { Welcome } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { type Hands, type LaidRun, layNodeRun } from './laid-run.ts';

export class ArrivingRun {
  readonly #welcome: Welcome;
  readonly #hands: Hands;
  #begun: { readonly laid: LaidRun; readonly arrival: DatasetArrival } | null = null;
  #bytes = 0;

  constructor(welcome: Welcome, hands: Hands) {
    this.#welcome = welcome;
    this.#hands = hands;
  }

  /** How many have come. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The next piece; after the last the run, with its data.
   * @throws ProtocolError: dataDigest when they are not what was announced, doesNotFit when the run cannot be computed here
   */
  add(piece: Uint8Array): { readonly laid: LaidRun; readonly data: Dataset } | null {
    const { dataBytes, dataDigest } = this.#welcome;
    this.#begun ??= this.#begin(piece);
    const { laid, arrival } = this.#begun;
    arrival.add(piece);
    this.#bytes += piece.length;
    if (this.#bytes < dataBytes) return null;
    const { digest, data } = arrival.end();
    if (digest !== dataDigest) {
      throw new ProtocolError('dataDigest', `received data have digest ${digest.slice(0, 16)}`);
    }
    if (data === null) throw noDataset();
    return { laid, data };
  }

  #begin(first: Uint8Array): { readonly laid: LaidRun; readonly arrival: DatasetArrival } {
    const shape = datasetShapeOf(first, this.#welcome.dataBytes);
    if (shape === null) throw noDataset();
    const laid = layNodeRun(this.#welcome, shape, null, this.#hands);
    return { laid, arrival: new DatasetArrival(shape, laid.memory.dataPlace) };
  }
}

function noDataset(): ProtocolError {
  return new ProtocolError('dataDigest', 'received data are no dataset');
}
