// The segments of a long run's epochs (src/run/epoch-segments.ts) as files, in a folder beside the checkpoints that name them.

import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { ioReason } from '../../src/host/files/io-reason.ts';
import { RECORD_BYTES, readRegularFile } from '../../src/host/files/read-file.ts';
import {
  type Apart,
  decodeSegment,
  digestOfSegment,
  type Epochs,
  encodeSegment,
  endOfSegment,
  epochsApart,
  joined,
  segmentName,
  segmentsOf,
} from '../../src/run/epoch-segments.ts';
import { WriteFailure } from './checkpoint-files.ts';
import type { Flush } from './flush.ts';
import { FlushedFolder } from './flushed-folder.ts';
import { writeWhole } from './write-whole.ts';

export class SegmentStore {
  readonly #path: string;
  readonly #folder: FlushedFolder;
  readonly #flush: Flush;
  /** Digests of those that are on the disk, of the run as it is being trained. */
  #digests: string[] = [];

  /** `checkpoints`: the folder that `path` lies in. */
  constructor(path: string, flushed: Flush, checkpoints: FlushedFolder) {
    this.#path = path;
    this.#folder = new FlushedFolder(path, flushed, checkpoints);
    this.#flush = flushed;
  }

  /** Writes those that a checkpoint of these epochs needs and that are not there yet. null: it needs none. */
  async write(epochs: Epochs): Promise<Apart | null> {
    const apart = epochsApart(epochs.history.length);
    const needed = segmentsOf(apart);
    for (let n = this.#digests.length; n < needed; n++) {
      const text = encodeSegment(epochs, n, this.#digests.at(-1) ?? null);
      const sha256 = digestOfSegment(text);
      await this.#writeOne(segmentName({ epochs: endOfSegment(n), sha256 }), text);
      this.#digests.push(sha256);
    }
    return needed === 0 ? null : { epochs: apart, sha256: this.#digests[needed - 1]! };
  }

  /**
   * All epochs of the checkpoint at `path`, which holds `own` and says where those before them stand. A run that goes on from
   * there needs not write them again.
   * @throws LockstepError
   */
  async read(apart: Apart | null, own: Epochs, path: string): Promise<Epochs> {
    const parts = [own];
    const digests: string[] = [];
    for (let at = apart; at !== null; ) {
      const file = join(this.#path, segmentName(at));
      const found = await readRegularFile(file, RECORD_BYTES).then(
        (text) => decodeSegment(text.toString(), at!),
        (error: unknown) => ({ why: ioReason(error) }),
      );
      if ('why' in found) throw unusable(file, path, found.why);
      parts.unshift(found.value);
      digests.unshift(at.sha256);
      at = found.value.before;
    }
    const all = joined(parts);
    if ('why' in all) throw unusable(this.#path, path, all.why);
    this.#digests = digests;
    return all.value;
  }

  /** The run stands where it stood before: what it wrote of later epochs is not of them any more. */
  forget(): void {
    this.#digests = [];
  }

  async #writeOne(name: string, text: string): Promise<void> {
    const path = join(this.#path, name);
    try {
      await this.#folder.make();
      await writeWhole(path, text, this.#flush);
    } catch (error) {
      throw new WriteFailure(path, Buffer.byteLength(text), error);
    }
  }
}

function unusable(file: string, checkpoint: string, why: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_CHECKPOINT_UNUSABLE',
    what: `${file} cannot be used`,
    why: `${why}; it holds the first epochs of ${checkpoint}`,
    mend: `Put another copy of it there, or move ${checkpoint} out of the run folder: the checkpoint before it is taken then`,
  });
}
