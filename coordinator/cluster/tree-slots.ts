// The slots of shared memory that tree nodes stand in while a step lasts, by node. A slot is taken before it is written and
// free again when its values are needed no more.

import { createHash } from 'node:crypto';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { LiveRows } from '../../src/wire/live-rows.ts';
import type { TreeNode } from '../../src/wire/messages.ts';
import type { Accepted } from '../step/cover.ts';

export class TreeSlots {
  readonly #memory: RunMemory;
  readonly #free: number[];
  readonly #byNode = new Map<string, number>();
  readonly #liveRows: LiveRows;

  constructor(memory: RunMemory) {
    this.#memory = memory;
    this.#liveRows = new LiveRows(memory.plan.shape.layout);
    this.#free = memory.plan.slots.map((_, i) => i).reverse();
  }

  /** A slot that somebody will write; `bind` or `giveBack` follows. */
  take(): number {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('no slot is free: more tree nodes than the plan allows for');
    return slot;
  }

  giveBack(slot: number): void {
    this.#free.push(slot);
  }

  /** A node's values stand in the slot. */
  bind(node: Accepted, slot: number): void {
    this.#byNode.set(keyOf(node), slot);
  }

  /**
   * Copies what came over a socket: the one copy on its way.
   * @throws ProtocolError when it is packed and is not such a vector; then no slot is taken
   */
  write(node: Accepted, { packed, payload, ...received }: Omit<TreeNode, 'type'>): void {
    const slot = this.take();
    const { plan, bytes } = this.#memory;
    const { vector, sums } = plan.slots[slot]!;
    try {
      if (packed) this.#liveRows.unpack(payload, bytes.subarray(vector, vector + plan.vectorBytes));
      else bytes.set(payload, vector);
    } catch (error) {
      this.giveBack(slot);
      throw error;
    }
    this.#memory.setSums(sums, received);
    this.bind(node, slot);
  }

  isFinite(node: Accepted): boolean {
    const { plan, doubles, kernels } = this.#memory;
    const { vector, sums } = plan.slots[this.#slotOf(node)]!;
    return Number.isFinite(doubles[sums / 8]!) && kernels.allFinite(vector, plan.vectorBytes) === 1;
  }

  /**
   * Puts the values of slot `slot` in the place of the node's, whose own slot is free then.
   * @returns false if they were others
   */
  takeOver(node: Accepted, slot: number): boolean {
    const before = this.#slotOf(node);
    const same = this.#bytesOf(before).every((bytes, i) => bytes.equals(this.#bytesOf(slot)[i]!));
    this.bind(node, slot);
    this.giveBack(before);
    return same;
  }

  /** What a node says, so that two may be compared. It is finite. */
  saidOf(node: Accepted): string {
    return this.saidIn(this.#slotOf(node));
  }

  /** The same of a slot that is bound to no node. */
  saidIn(slot: number): string {
    const hash = createHash('sha256');
    for (const bytes of this.#bytesOf(slot)) hash.update(bytes);
    return hash.digest('hex');
  }

  release(node: Accepted): void {
    const slot = this.#byNode.get(keyOf(node));
    if (slot === undefined) return;
    this.#byNode.delete(keyOf(node));
    this.#free.push(slot);
  }

  slotsOf(nodes: readonly Accepted[]): number[] {
    return nodes.map((node) => this.#slotOf(node));
  }

  /** Frees all nodes' slots: the step is over. */
  clear(): void {
    this.#free.push(...this.#byNode.values());
    this.#byNode.clear();
  }

  #bytesOf(slot: number): Buffer[] {
    const { plan, wasmMemory } = this.#memory;
    const { vector, sums } = plan.slots[slot]!;
    return [Buffer.from(wasmMemory.buffer, vector, plan.vectorBytes), Buffer.from(wasmMemory.buffer, sums, 16)];
  }

  #slotOf(node: Accepted): number {
    return this.#byNode.get(keyOf(node))!;
  }
}

function keyOf({ block, workerId, attempt }: Accepted): string {
  return `${block.level}:${block.index}:${workerId}:${attempt}`;
}
