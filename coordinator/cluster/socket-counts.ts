// What happened on the connections of a run, in numbers.

/** Counts of what happened, for tests and metrics. */
export interface SocketCounts {
  joined: number;
  droppedTreeNodes: number;
  reassignedShards: number;
  nonFiniteShards: number;
  sentBytes: number;
  receivedBytes: number;
}

export function noSocketCounts(): SocketCounts {
  return { joined: 0, droppedTreeNodes: 0, reassignedShards: 0, nonFiniteShards: 0, sentBytes: 0, receivedBytes: 0 };
}
