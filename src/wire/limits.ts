// The protocol's version and its limits, with units: PROTOCOL.md, "Limits". Both ends refuse what is beyond them.

export const PROTOCOL_VERSION = 6;

/** Bytes of an encoded header, the four bytes of its length not counted. */
export const HEADER_BYTES = 65_536;
/** Levels of maps and arrays in a header; the header itself is level 1. */
export const HEADER_DEPTH = 8;
/** The payload begins at a multiple of this many bytes from the message's start. */
export const PAYLOAD_ALIGNMENT = 8;
/** Bytes of the dataset in one `data` message: all but the last hold exactly so many. */
export const DATA_PIECE_BYTES = 262_144;
/** Bytes of a dataset: more than the kernels can address. */
export const DATASET_BYTES = 2 ** 32 - 1;
/** Computing threads of one node. */
export const NODE_THREADS = 1_024;
/** Processes that a launcher starts as one run. */
export const LAUNCH_SIZE = 1e7;
/** Blocks of one `step` or `evaluate`: what a header can surely hold. */
export const BLOCKS_IN_TASK = 1_024;
/** Parts of one `evaluated` message. */
export const PARTS_IN_ANSWER = 512;
/**
 * What a sample's loss may be: a cross entropy is not negative but for rounding, and a difference of two float32 values is
 * less than 1e39. Beyond it sums of sums would overflow.
 */
export const LEAST_LOSS = -1;
export const MOST_LOSS = 1e39;
/** Characters of a node's name. */
export const NAME_LENGTH = 64;
/** Characters of a run's name. */
export const RUN_NAME_LENGTH = 256;
/** Characters of a reason or an engine's error, within a message. */
export const REASON_LENGTH = 200;
/** UTF-8 bytes of the reason in a WebSocket close frame (RFC 6455: 125, less two for the code). */
export const CLOSE_REASON_BYTES = 123;

/**
 * The largest legal message in either direction: a header, its length, padding, and the larger of one piece of data and
 * one set of parameters. It is what the WebSocket library is told as its own limit.
 * @param valueCount float32 values of the parameters in kernel order, padding included
 */
export function largestMessageBytes(valueCount: number): number {
  return 4 + HEADER_BYTES + PAYLOAD_ALIGNMENT + Math.max(DATA_PIECE_BYTES, 4 * valueCount);
}
