// What happened on the connections of a run, in numbers that only grow. Those who see something happen count it; metrics and
// tests read it. Decides nothing.

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
