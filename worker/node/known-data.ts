// The datasets that a node has, by digest: its own, and that of its last run. What a run was begun with stands in the run's memory
// and nowhere else, also for the next run.

import type { Dataset } from '../../src/data/dataset.ts';
import { datasetDigest } from '../../src/wire/dataset-bytes.ts';

interface Known {
  readonly digest: string;
  readonly data: Dataset;
}

export class KnownData {
  #own: Known | null;
  #last: Known | null = null;

  constructor(own: Dataset | null, digest = own === null ? '' : datasetDigest(own)) {
    this.#own = own === null ? null : { digest, data: own };
  }

  get(digest: string): Dataset | null {
    return [this.#own, this.#last].find((one) => one?.digest === digest)?.data ?? null;
  }

  /** `data` stand here from now on; those of an earlier run are forgotten, unless they are the node's own. */
  moved(digest: string, data: Dataset): void {
    this.#last = { digest, data };
    if (this.#own?.digest === digest) this.#own = this.#last;
  }
}
