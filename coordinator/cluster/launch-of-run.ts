// A launch as its rank 0 knows it. A type alone: the library's types lead here, and from here to no server.

import type { Token } from '../../src/wire/auth.ts';

/** What a coordinator that is rank 0 of a launch needs to know of it. */
export interface LaunchOfRun {
  /** Of all ranks, this one included; 2 or more. */
  readonly size: number;
  readonly token: Token;
  /** Ports to try, from that of --listen on. */
  readonly ports: number;
}
