// The receipts of a run under way: what the loop reports of its steps becomes lines of receipts.jsonl.

import { messageOf } from '../../src/errors.ts';
import { committedHash, hashOfParameters } from '../../src/kernels/parameter-hash.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { NUMERICS_VERSION } from '../../src/numerics.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { headReceipt, receiptsFileName } from '../../src/run/receipts.ts';
import { ReceiptsFile } from '../run-folder/receipts-file.ts';
import type { OpenRun } from './open-run.ts';

/** What the loop reports. */
export interface StepReceipts {
  /** `step` (0-based) was committed, and its record still stands in memory. */
  committed(step: number): void;
  /** The digest of the whole state after `steps` steps; `passing`: an equal run that is longer, or not interrupted, has none here. */
  state(steps: number, digest: string, passing: boolean): void;
}

export class ReceiptBook implements StepReceipts {
  readonly #file: ReceiptsFile;
  readonly #memory: RunMemory;

  constructor(file: ReceiptsFile, memory: RunMemory) {
    this.#file = file;
    this.#memory = memory;
  }

  committed(step: number): void {
    this.#file.add({ step: step + 1, parameters: committedHash(this.#memory, step) });
  }

  state(steps: number, digest: string, passing: boolean): void {
    this.#file.add({ step: steps, state: digest }, passing);
  }

  get mark() {
    return this.#file.mark;
  }

  async flush(): Promise<void> {
    await this.#file.flush();
  }
}

/** Of a run that is about to train, whose state stands in memory. null: it writes nothing. */
export async function receiptBookOf(
  { folder, start, source, inPlace, changes, memory }: OpenRun,
  onEvent: (event: TrainEvent) => void,
): Promise<ReceiptBook | null> {
  if (folder === null) return null;
  const step = start?.position.step ?? 0;
  const file = await fileOf();
  if (!file.isBegun) file.add(headReceipt(NUMERICS_VERSION, step, hashOfParameters(memory, step)));
  const now = changes.filter((change) => change.step === step);
  // a run that goes on from the same step again has them in its list again
  if (start !== null && now.length > 0) file.add({ step, changes: now }, true);
  return new ReceiptBook(file, memory);

  async function fileOf(): Promise<ReceiptsFile> {
    const mark = start?.receipts ?? null;
    if (mark === null) {
      // of 0.1.0, or before the first checkpoint
      if (start !== null) await ReceiptsFile.setAside(folder!.path, step);
      return ReceiptsFile.anew(folder!.path);
    }
    try {
      return inPlace ? await ReceiptsFile.goOn(source!, mark) : await ReceiptsFile.copied(source!, folder!.path, mark);
    } catch (error) {
      const aside = inPlace ? await ReceiptsFile.setAside(folder!.path, step) : null;
      const kept = aside === null ? '' : `; what is there is ${aside} now`;
      const message = `${source}/${receiptsFileName} cannot be gone on with: ${messageOf(error)}. Receipts begin anew at step ${step}${kept}`;
      onEvent({ type: 'warning', message });
      return ReceiptsFile.anew(folder!.path);
    }
  }
}
