// What the coordinator receives: a frame -> a typed message of a node, or a ProtocolError with its close code. Knows the
// sizes of the run, not its state: whether a message is due is judged by connection-state.ts, whether a result was asked
// for by the coordinator.

import type { Frame } from './codec.ts';
import {
  anyNumber,
  type Check,
  digest,
  fields,
  integer,
  list,
  milliseconds,
  nullable,
  oneOf,
  text,
  uint32,
  yesOrNo,
} from './fields.ts';
import {
  LAUNCH_SIZE,
  LEAST_LOSS,
  MOST_LOSS,
  NAME_LENGTH,
  NODE_THREADS,
  PARTS_IN_ANSWER,
  PROTOCOL_VERSION,
  REASON_LENGTH,
} from './limits.ts';
import type { Hello, NodeMessage, WireSums } from './messages.ts';
import { noPayload, packedPayload, type Readers, readerOf, valuesPayload } from './payload.ts';
import { ProtocolError } from './protocol-error.ts';

/** Sizes of the run that bound what a node may say. */
export interface MessageBounds {
  /** Float32 values of a tree node in kernel order, padding included. */
  readonly valueCount: number;
  readonly shards: number;
  /** Samples of a full global batch. */
  readonly batchSize: number;
  /** Parts of the larger evaluation split. */
  readonly evaluationParts: number;
  /** Samples of a full part. */
  readonly partSamples: number;
}

export type NodeMessageReader = (frame: Frame) => NodeMessage;

const splits = ['validation', 'test'] as const;

const checkHello = fields({
  type: oneOf(['hello']),
  protocolVersion: integer(PROTOCOL_VERSION, PROTOCOL_VERSION),
  programVersion: text(32),
  numerics: integer(1, 2 ** 32 - 1),
  engine: text(32),
  selfTest: digest,
  name: text(NAME_LENGTH),
  threads: integer(1, NODE_THREADS),
  wide: yesOrNo,
  metricsPort: nullable(integer(1, 65_535)),
  rank: nullable(integer(1, LAUNCH_SIZE)),
});
const checkNeedData = fields({ type: oneOf(['need-data']) });
const checkReady = fields({ type: oneOf(['ready']) });
const checkFailed = fields({ type: oneOf(['attempt-failed']), attempt: uint32, reason: text(REASON_LENGTH) });
const checkHeartbeat = fields({ type: oneOf(['heartbeat']) });
const checkGoodbye = fields({ type: oneOf(['goodbye']), reason: text(REASON_LENGTH) });

/** A reader for one run. Its messages' payloads are views of what was received. */
export function nodeMessageReader(bounds: MessageBounds): NodeMessageReader {
  const checkTreeNode = fields({
    type: oneOf(['tree-node']),
    epoch: uint32,
    step: uint32,
    attempt: uint32,
    level: integer(0, 31 - Math.clz32(bounds.shards)),
    index: integer(0, bounds.shards - 1),
    ...sumsUpTo(bounds.batchSize),
    computeMs: milliseconds,
    packed: yesOrNo,
  });
  const checkPart = fields({ part: integer(0, bounds.evaluationParts - 1), ...sumsUpTo(bounds.partSamples) });
  const checkEvaluated = fields({
    type: oneOf(['evaluated']),
    epoch: uint32,
    step: uint32,
    split: oneOf(splits),
    attempt: uint32,
    computeMs: milliseconds,
    parts: list(checkPart, 1, PARTS_IN_ANSWER),
  });

  const readers: Readers<NodeMessage> = {
    hello: readHello,
    'need-data': (frame) => noPayload(frame, checkNeedData(frame.header, 'need-data')),
    ready: (frame) => noPayload(frame, checkReady(frame.header, 'ready')),
    'tree-node': (frame) => {
      const node = checkTreeNode(frame.header, 'tree-node');
      if ((node.index + 1) * 2 ** node.level > bounds.shards) {
        throw new ProtocolError('badField', `tree-node (${node.level}, ${node.index}) is outside the tree`);
      }
      checkSums(node, 'tree-node');
      const payload = (node.packed ? packedPayload : valuesPayload)(frame, bounds.valueCount);
      return { ...node, payload };
    },
    evaluated: (frame) => {
      const evaluated = checkEvaluated(frame.header, 'evaluated');
      for (const part of evaluated.parts) checkSums(part, `evaluated part ${part.part}`);
      return noPayload(frame, evaluated);
    },
    'attempt-failed': (frame) => noPayload(frame, checkFailed(frame.header, 'attempt-failed')),
    heartbeat: (frame) => noPayload(frame, checkHeartbeat(frame.header, 'heartbeat')),
    goodbye: (frame) => noPayload(frame, checkGoodbye(frame.header, 'goodbye')),
  };
  return (frame) => readerOf(readers, frame, 'a node')(frame);
}

/** Another version's hello may have other fields: its version is read first, so that the refusal can name both. */
function readHello(frame: Frame): Hello {
  const { protocolVersion: version } = frame.header;
  if (Number.isSafeInteger(version) && version !== PROTOCOL_VERSION) {
    throw new ProtocolError('protocolVersion', `node speaks protocol ${version}, coordinator ${PROTOCOL_VERSION}`);
  }
  return noPayload(frame, checkHello(frame.header, 'hello'));
}

function sumsUpTo(samples: number) {
  const count: Check<number> = integer(0, samples);
  return { lossSum: anyNumber, correctCount: count, sampleCount: count };
}

function checkSums(sums: WireSums, path: string): void {
  const { lossSum, correctCount, sampleCount } = sums;
  if (correctCount > sampleCount) {
    throw new ProtocolError('badField', `${path}: ${correctCount} correct of ${sampleCount} samples`);
  }
  // what is not finite goes to the judges, who ask somebody else as well
  if (Number.isFinite(lossSum) && !(lossSum >= sampleCount * LEAST_LOSS && lossSum <= sampleCount * MOST_LOSS)) {
    throw new ProtocolError('badField', `${path}: a loss sum of ${lossSum} over ${sampleCount} samples`);
  }
}
