// Why a connection was closed: one number, one name, one meaning, and what the node does next. PROTOCOL.md has the same
// table in prose. Knows nothing of sockets.

import { printable } from '../text/clean-text.ts';
import { CLOSE_REASON_BYTES } from './limits.ts';

/**
 * What a node does after its connection was closed so: `end` stops (with 0 when the run is over or it wished to leave,
 * else with 1 or 2), `retry` connects again after a pause.
 */
export type NodeReaction = 'end-done' | 'end-failed' | 'end-refused' | 'retry';

/** By the name of the reason: the WebSocket close code, who sends it, and what the node does next. */
export const closeCodes = {
  runOver: { code: 4000, sentBy: 'coordinator', reaction: 'end-done' },
  leaving: { code: 4001, sentBy: 'node', reaction: 'end-done' },
  shuttingDown: { code: 4002, sentBy: 'coordinator', reaction: 'retry' },
  full: { code: 4003, sentBy: 'coordinator', reaction: 'retry' },

  heartbeatTimeout: { code: 4010, sentBy: 'either', reaction: 'retry' },
  handshakeTimeout: { code: 4011, sentBy: 'either', reaction: 'retry' },
  notReading: { code: 4012, sentBy: 'either', reaction: 'retry' },

  protocolVersion: { code: 4020, sentBy: 'either', reaction: 'end-refused' },
  programVersion: { code: 4021, sentBy: 'coordinator', reaction: 'end-refused' },
  engine: { code: 4022, sentBy: 'either', reaction: 'end-refused' },
  selfTest: { code: 4023, sentBy: 'coordinator', reaction: 'end-refused' },
  dataDigest: { code: 4024, sentBy: 'node', reaction: 'end-failed' },
  doesNotFit: { code: 4025, sentBy: 'node', reaction: 'end-refused' },
  unproved: { code: 4026, sentBy: 'node', reaction: 'end-refused' },
  numerics: { code: 4027, sentBy: 'coordinator', reaction: 'end-refused' },
  launchRank: { code: 4028, sentBy: 'coordinator', reaction: 'end-refused' },

  malformed: { code: 4030, sentBy: 'either', reaction: 'end-failed' },
  unknownType: { code: 4031, sentBy: 'either', reaction: 'end-failed' },
  badField: { code: 4032, sentBy: 'either', reaction: 'end-failed' },
  badPayload: { code: 4033, sentBy: 'either', reaction: 'end-failed' },
  outOfOrder: { code: 4034, sentBy: 'either', reaction: 'end-failed' },
  unsolicited: { code: 4035, sentBy: 'coordinator', reaction: 'end-failed' },
  wrongBase: { code: 4036, sentBy: 'node', reaction: 'retry' },

  nonFinite: { code: 4040, sentBy: 'coordinator', reaction: 'end-failed' },
  engineFailed: { code: 4041, sentBy: 'coordinator', reaction: 'end-failed' },
  falseAnswer: { code: 4042, sentBy: 'coordinator', reaction: 'end-failed' },

  internal: { code: 4050, sentBy: 'either', reaction: 'retry' },
} as const satisfies Record<string, { code: number; sentBy: string; reaction: NodeReaction }>;

/** The name of a reason. */
export type CloseName = keyof typeof closeCodes;

const nameOfCode = new Map<number, CloseName>(
  Object.entries(closeCodes).map(([name, { code }]) => [code, name as CloseName]),
);

/**
 * The name of a code of ours that `sender` may send; undefined for others, and for the WebSocket protocol's own (1006, 1009
 * and so on).
 */
export function closeName(code: number, sender: 'coordinator' | 'node'): CloseName | undefined {
  const name = nameOfCode.get(code);
  if (name === undefined) return undefined;
  const { sentBy } = closeCodes[name];
  return sentBy === 'either' || sentBy === sender ? name : undefined;
}

/** A code that is not ours, or not its sender's, says nothing about the run, so the node tries again. */
export function reactionTo(code: number, sender: 'coordinator' | 'node'): NodeReaction {
  const name = closeName(code, sender);
  return name === undefined ? 'retry' : closeCodes[name].reaction;
}

/** The reason, printable, and cut to what a close frame can hold, never within a character. */
export function closeReason(text: string): string {
  const reason = printable(text);
  const encoder = new TextEncoder();
  if (encoder.encode(reason).length <= CLOSE_REASON_BYTES) return reason;
  const ellipsis = '…';
  const room = CLOSE_REASON_BYTES - encoder.encode(ellipsis).length;
  const { read } = encoder.encodeInto(reason, new Uint8Array(room));
  return reason.slice(0, read) + ellipsis;
}
