// Pure: may a coordinator ask for these blocks? A node checks what it is asked as the coordinator checks what it is answered:
// what lies beyond the tree or the split would be computed beyond the ends of the node's memory, and its threads would die.

import { type BlockAddress, shardsOfBlock } from '../../src/tree.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';

/**
 * @param units shards of the tree, or parts of the split
 * @throws ProtocolError when a block lies beyond them or two overlap; disjoint blocks are never more than there are units
 */
export function checkAsked(blocks: readonly BlockAddress[], units: number, what: string): void {
  const ranges = blocks.map(shardsOfBlock).sort((a, b) => a.first - b.first);
  let reached = 0;
  for (const { first, end } of ranges) {
    if (end > units) {
      throw new ProtocolError('badField', `${what}: a block of ${first} to ${end - 1}, where there are ${units}`);
    }
    if (first < reached) throw new ProtocolError('badField', `${what}: two blocks hold ${first}`);
    reached = end;
  }
}
