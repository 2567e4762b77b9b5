// What a node receives: a frame -> a typed message of the coordinator, or a ProtocolError with its close code. Learns the
// sizes of the run from the welcome, which is its caller's to remember.

import type { Frame } from './codec.ts';
import { digest, fields, integer, list, milliseconds, nullable, oneOf, plainMap, text, uint32 } from './fields.ts';
import { BLOCKS_IN_TASK, DATA_PIECE_BYTES, DATASET_BYTES, REASON_LENGTH, RUN_NAME_LENGTH } from './limits.ts';
import type { CoordinatorMessage, Data, Evaluate, Step, Welcome } from './messages.ts';
import { noPayload, packedPayload, type Readers, readerOf, valuesPayload } from './payload.ts';
import { ProtocolError } from './protocol-error.ts';

/** What the node knows when the message arrives. */
export interface NodeKnowledge {
  /** From the welcome; null before it. */
  readonly valueCount: number | null;
  /** The step whose parameters it was last sent; null before any. */
  readonly parameterStep: number | null;
  /** Length of the dataset's bytes, and how many have come. */
  readonly dataBytes: number;
  readonly dataReceived: number;
}

const checkWelcome = fields({
  type: oneOf(['welcome']),
  workerId: uint32,
  run: text(RUN_NAME_LENGTH),
  configuration: plainMap,
  dataDigest: digest,
  dataBytes: integer(1, DATASET_BYTES),
  valueCount: integer(1, 2 ** 30 - 1),
  heartbeatIntervalMs: milliseconds,
  coordinatorTimeoutMs: milliseconds,
});
const checkData = fields({ type: oneOf(['data']), offset: integer(0), total: integer(1) });
const task = {
  epoch: uint32,
  step: uint32,
  attempt: uint32,
  blocks: list(fields({ level: integer(0, 30), index: integer(0, 2 ** 30) }), 1, BLOCKS_IN_TASK),
  base: nullable(uint32),
};
const checkStep = fields({ type: oneOf(['step']), stepInEpoch: uint32, ...task });
const checkEvaluate = fields({ type: oneOf(['evaluate']), split: oneOf(['validation', 'test']), ...task });
const checkHeartbeat = fields({ type: oneOf(['heartbeat']) });
const checkGoodbye = fields({ type: oneOf(['goodbye']), reason: text(REASON_LENGTH) });
const checkOutcome = fields({ type: oneOf(['outcome']), exitCode: integer(0, 255) });

const readers: Readers<CoordinatorMessage, NodeKnowledge> = {
  welcome: (frame) => checkPromise(noPayload(frame, checkWelcome(frame.header, 'welcome'))),
  data: (frame, known) => checkPiece({ ...checkData(frame.header, 'data'), payload: frame.payload }, known),
  step: (frame, known) =>
    checkParameters(checkPlace({ ...checkStep(frame.header, 'step'), payload: frame.payload }), known),
  evaluate: (frame, known) =>
    checkParameters({ ...checkEvaluate(frame.header, 'evaluate'), payload: frame.payload }, known),
  heartbeat: (frame) => noPayload(frame, checkHeartbeat(frame.header, 'heartbeat')),
  goodbye: (frame) => noPayload(frame, checkGoodbye(frame.header, 'goodbye')),
  outcome: (frame) => noPayload(frame, checkOutcome(frame.header, 'outcome')),
};

export function readCoordinatorMessage(frame: Frame, known: NodeKnowledge): CoordinatorMessage {
  return readerOf(readers, frame, 'a coordinator')(frame, known);
}

function checkPromise(welcome: Welcome): Welcome {
  const { heartbeatIntervalMs, coordinatorTimeoutMs } = welcome;
  if (heartbeatIntervalMs < 1) {
    throw new ProtocolError('badField', `welcome.heartbeatIntervalMs must be at least 1, is ${heartbeatIntervalMs}`);
  }
  // else it would be given up between two signs of life
  if (coordinatorTimeoutMs < heartbeatIntervalMs) {
    throw new ProtocolError(
      'badField',
      `welcome.coordinatorTimeoutMs is ${coordinatorTimeoutMs}, below an interval of ${heartbeatIntervalMs}`,
    );
  }
  return welcome;
}

function checkPiece(data: Data, known: NodeKnowledge): Data {
  const { offset, total, payload } = data;
  if (total !== known.dataBytes || offset !== known.dataReceived) {
    throw new ProtocolError(
      'badField',
      `data at ${offset} of ${total}, expected at ${known.dataReceived} of ${known.dataBytes}`,
    );
  }
  const due = Math.min(DATA_PIECE_BYTES, total - offset);
  if (payload.length !== due) throw new ProtocolError('badPayload', `data of ${payload.length} bytes, expected ${due}`);
  return data;
}

function checkPlace(message: Step): Step {
  const { step, stepInEpoch } = message;
  if (stepInEpoch <= step) return message;
  throw new ProtocolError('badField', `step ${step} cannot be step ${stepInEpoch} of its epoch`);
}

/** Without parameters a task is about those the node has; and packed ones rest on those it has. */
function checkParameters<T extends Step | Evaluate>(message: T, known: NodeKnowledge): T {
  const { type, step, base, payload } = message;
  const { parameterStep } = known;
  const valueCount = known.valueCount ?? 0;
  if (base !== null) {
    packedPayload({ header: {}, payload }, valueCount);
    if (base + 1 !== step) throw new ProtocolError('badField', `${type} of step ${step} rests on step ${base}`);
    if (base === parameterStep) return message;
    throw new ProtocolError('wrongBase', `${type} rests on step ${base}, node has the parameters of ${parameterStep}`);
  }
  if (payload.length > 0) {
    valuesPayload({ header: {}, payload }, valueCount);
    return message;
  }
  if (step === parameterStep) return message;
  throw new ProtocolError(
    'badPayload',
    `${type} lacks the parameters of step ${step}, node has those of ${parameterStep}`,
  );
}
