// The receipts of a run under way: what the loop reports of its steps becomes lines of receipts.jsonl.

import { ExitCode, messageOf } from '../../src/errors.ts';
import { committedHash, hashOfParameters } from '../../src/kernels/parameter-hash.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { NUMERICS_VERSION } from '../../src/numerics.ts';
import type { Checkpoint } from '../../src/run/checkpoint.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { headReceipt, type ReceiptsMark, receiptsFileName } from '../../src/run/receipts.ts';
import { WriteFailure } from '../run-folder/checkpoint-files.ts';
import { notWritten } from '../run-folder/not-written.ts';
import { ReceiptsFile } from '../run-folder/receipts-file.ts';
import type { OpenRun } from './open-run.ts';

/** What the loop reports. */
export interface StepReceipts {
  /** `step` (0-based) was committed, and its record still stands in memory. */
  committed(step: number): void;
  /** The digest of the whole state after `steps` steps; `passing`: an equal run that is longer, or not interrupted, has none here. */
  state(steps: number, digest: string, passing: boolean): void;
}

/** The lines up to a checkpoint that this process wrote; null: up to where it began. */
type LinesUpTo = (written: Checkpoint | null) => Promise<ReceiptsFile>;

export class ReceiptBook implements StepReceipts {
  #file: ReceiptsFile;
  readonly #memory: RunMemory;
  readonly #upTo: LinesUpTo;

  constructor(file: ReceiptsFile, memory: RunMemory, upTo: LinesUpTo) {
    this.#file = file;
    this.#memory = memory;
    this.#upTo = upTo;
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

  /** At the end of the run, when no checkpoint comes any more. @throws LockstepError */
  async finish(): Promise<void> {
    try {
      await this.#file.flush();
    } catch (error) {
      if (!(error instanceof WriteFailure)) throw error;
      const mend =
        'Make room there, and go on with the run by --resume; or choose a folder on another disk with --out DIR';
      throw notWritten(error, mend, ExitCode.runFailed);
    }
  }

  /** The run goes on from where it stood before, and that state stands in memory: the lines behind it are cut off. */
  async goBack(written: Checkpoint | null): Promise<void> {
    this.#file = await this.#upTo(written);
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
  const mark = file.isBegun ? (start?.receipts ?? null) : null;
  begin(file);
  return new ReceiptBook(file, memory, async (written) => {
    if (written?.receipts) return await ReceiptsFile.goOn(folder.path, written.receipts);
    const again = mark === null ? ReceiptsFile.anew(folder.path) : await goOn(mark);
    begin(again);
    return again;
  });

  /** What the first lines of this process are. */
  function begin(lines: ReceiptsFile): void {
    if (!lines.isBegun) lines.add(headReceipt(NUMERICS_VERSION, step, hashOfParameters(memory, step)));
    const now = changes.filter((change) => change.step === step);
    // a run that goes on from the same step again has them in its list again
    if (start !== null && now.length > 0) lines.add({ step, changes: now }, true);
  }

  async function goOn(from: ReceiptsMark): Promise<ReceiptsFile> {
    return inPlace ? await ReceiptsFile.goOn(source!, from) : await ReceiptsFile.copied(source!, folder!.path, from);
  }

  async function fileOf(): Promise<ReceiptsFile> {
    const known = start?.receipts ?? null;
    if (known === null) {
      // of 0.1.0, or before the first checkpoint
      if (start !== null) await ReceiptsFile.setAside(folder!.path, step);
      return ReceiptsFile.anew(folder!.path);
    }
    try {
      return await goOn(known);
    } catch (error) {
      const aside = inPlace ? await ReceiptsFile.setAside(folder!.path, step) : null;
      const kept = aside === null ? '' : `; what is there is ${aside} now`;
      const message = `${source}/${receiptsFileName} cannot be gone on with: ${messageOf(error)}. Receipts begin anew at step ${step}${kept}`;
      onEvent({ type: 'warning', message });
      return ReceiptsFile.anew(folder!.path);
    }
  }
}
