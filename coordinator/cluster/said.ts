// Pure: what workers said of a tree node or of a part, in a form that can be compared and kept for long.

import type { Sums } from '../../src/sums.ts';
import { type BlockAddress, shardsOfBlock } from '../../src/tree.ts';

/** What somebody said: a node's hash, or a part's figures. null: it has not answered yet. */
export type Said = string | null;

export interface Piece {
  readonly workerId: number;
  readonly attempt: number;
  readonly block: BlockAddress;
  readonly said: () => Said;
}

/** Of the same shards, and not known to say the same. */
export function speaksAgainst(other: Piece, piece: Piece): boolean {
  if (other.workerId === piece.workerId) return false;
  const [a, b] = [shardsOfBlock(other.block), shardsOfBlock(piece.block)];
  if (a.end <= b.first || b.end <= a.first) return false;
  const said = other.block.level === piece.block.level ? other.said() : null;
  return said === null || said !== piece.said();
}

export function workersOf(pieces: readonly Piece[]): number[] {
  return [...new Set(pieces.map(({ workerId }) => workerId))];
}

/** Not a number is as good as any other that is none. */
export function figuresOf({ lossSum, correctCount, sampleCount }: Sums): string {
  return `${lossSum} ${correctCount} ${sampleCount}`;
}

export function placeOf({ level, index }: BlockAddress): string {
  return `${level} ${index}`;
}
