// The types of held.mjs.

export interface Held {
  /** Files and sockets. */
  readonly fds: number;
  readonly threads: number;
  readonly rssKilobytes: number;
}

export function heldBy(pid: number | 'self'): Held;
