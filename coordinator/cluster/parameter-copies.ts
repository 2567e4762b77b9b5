// Copies of a step's parameters for the sockets, as they are or packed against those of the step before: one of a form a step, for all
// nodes. A copy stays as it is until the last connection has sent it, however slow that one is, and is used again after. So a
// run holds about two of them, not one for each step.

import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { packChanged } from '../../src/wire/top-bytes.ts';

interface Copy {
  /** Room for a vector. */
  readonly room: Uint8Array;
  step: number;
  packed: boolean;
  /** Its part of the room; 0: packed it would be no shorter. */
  length: number;
  /** Connections that have not sent it yet. */
  users: number;
}

/** What a connection is to send. */
export interface Outgoing {
  readonly payload: Uint8Array;
  /** The step that it is packed against; null: it is not packed. */
  readonly base: number | null;
  /** To be called when it was sent. */
  readonly sent: () => void;
}

export class ParameterCopies {
  readonly #memory: Pick<RunMemory, 'plan' | 'bytes' | 'vector'>;
  readonly #copies: Copy[] = [];

  constructor(memory: Pick<RunMemory, 'plan' | 'bytes' | 'vector'>) {
    this.#memory = memory;
  }

  /**
   * The parameters that step `step` reads.
   * @param packed if that is shorter; memory must still hold the parameters of the step before, as a step that is not committed
   * leaves them
   */
  take(step: number, packed: boolean): Outgoing {
    const copy = this.#copyOf(step, packed);
    if (copy.length === 0) return this.take(step, false);
    copy.users++;
    return {
      payload: copy.room.subarray(0, copy.length),
      base: packed ? step - 1 : null,
      sent: () => {
        copy.users--;
      },
    };
  }

  /** The steps will have other parameters: no copy is good for any of them, and each is used again when it was sent. */
  forget(): void {
    for (const copy of this.#copies) copy.step = -1;
  }

  #copyOf(step: number, packed: boolean): Copy {
    const made = this.#copies.find((one) => one.step === step && one.packed === packed);
    if (made !== undefined) return made;
    const copy = this.#free(step);
    copy.step = step;
    copy.packed = packed;
    copy.length = this.#fill(copy);
    return copy;
  }

  #free(step: number): Copy {
    const free = this.#copies.find((one) => one.users === 0 && one.step < step);
    if (free !== undefined) return free;
    const copy = { room: new Uint8Array(this.#memory.plan.vectorBytes), step, packed: false, length: 0, users: 0 };
    this.#copies.push(copy);
    return copy;
  }

  #fill({ room, step, packed }: Copy): number {
    const memory = this.#memory;
    const { parameters } = memory.plan;
    const address = bufferOf(parameters, step);
    if (packed) return packChanged(memory.vector(bufferOf(parameters, step - 1)), memory.vector(address), room);
    room.set(memory.bytes.subarray(address, address + room.length));
    return room.length;
  }
}
