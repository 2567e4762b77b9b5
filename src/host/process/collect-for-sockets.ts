// The collector of a process whose sockets receive much.

import { setFlagsFromString } from 'node:v8';

/**
 * What sockets receive is held outside of a heap that is small, and V8 takes it for growth: it would mark the whole heap
 * every few steps, beside them, on the cores that compute (a third of the time of a run with two nodes on two cores). Young
 * buffers go without that; and what does not is collected at once, in some milliseconds, when 64 MB have come together.
 */
export function collectForSockets(): void {
  setFlagsFromString('--no-incremental-marking');
}
