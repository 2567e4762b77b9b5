// What somebody who has proved nothing may take of this process, at every port, in one place: SECURITY.md has the same
// table in prose. Tests change the figures; no flag does.

export interface StrangerLimits {
  /** Connections that nobody has vouched for: opened, in their handshake, before hello; on a page's port all but its streams. */
  readonly connectionsOfAddress: number;
  readonly connectionsInAll: number;
  /** Requests that one connection may have in hand, and in its whole life. */
  readonly requestsInHand: number;
  readonly requestsOfConnection: number;
  /** Of a request's line and headers together. A body is never read: the connection ends with the answer. */
  readonly headerBytes: number;
  /** From the 101 to hello, however they are framed: a message may be as large as the model, and a hello never is. */
  readonly helloBytes: number;
  /** From a connection's opening to the end of its headers (TLS and upgrade included), to hello, or without a byte. */
  readonly patienceMs: number;
  /** Live pages (event streams). */
  readonly streamsOfConnection: number;
  readonly streamsOfAddress: number;
  readonly streamsInAll: number;
  /** Warnings of a kind that are printed each for itself; of further ones only their number, once in so long. */
  readonly warningsAtOnce: number;
  readonly warningPauseMs: number;
}

export const strangerLimits: StrangerLimits = {
  connectionsOfAddress: 128,
  connectionsInAll: 512,
  requestsInHand: 8,
  requestsOfConnection: 100,
  headerBytes: 8_192,
  helloBytes: 131_072,
  patienceMs: 5_000,
  streamsOfConnection: 1,
  streamsOfAddress: 64,
  streamsInAll: 256,
  warningsAtOnce: 20,
  warningPauseMs: 30_000,
};
