// An audit of a finished run: steps are computed again and held against what the run's receipts say of them. What it finds is data;
// nothing is written.

import { committedHash, hashOfParameters } from '../../src/kernels/parameter-hash.ts';
import { decodeCheckpoint, tensorsOf } from '../../src/run/checkpoint.ts';
import type { Receipts } from '../../src/run/receipts.ts';
import { sameBits } from '../../src/run/state-difference.ts';
import type { Found } from '../run-folder/checkpoint-store.ts';
import type { AuditRange } from './audit-plan.ts';
import type { Replay } from './replay.ts';

/** What is not as the receipts say. */
export interface AuditFinding {
  /** After so many steps. */
  readonly step: number;
  /** What was compared: a step that was computed again, or a checkpoint as it lies there. */
  readonly what: 'parameters' | 'state' | 'checkpoint';
  readonly receipt: string;
  readonly found: string;
  /** The first tensor that differs from the newest checkpoint at or behind that step; null: no checkpoint tells. */
  readonly tensor: { readonly name: string; readonly step: number } | null;
}

export interface AuditDeps {
  readonly replay: Replay;
  readonly receipts: Receipts;
  /** The run's checkpoints, ascending by step. */
  readonly checkpoints: readonly Found[];
  readonly progress: (done: number) => void;
}

/** The first difference, or null. Ranges are ascending. */
export async function auditRun(ranges: readonly AuditRange[], deps: AuditDeps): Promise<AuditFinding | null> {
  const { receipts, checkpoints, replay } = deps;
  const damaged = checkpoints.find(({ body }) => differs(receipts.states.get(body.step), body.stateDigest));
  if (damaged !== undefined) {
    const { step, stateDigest } = damaged.body;
    const finding = { step, what: 'checkpoint', receipt: receipts.states.get(step)!, found: stateDigest } as const;
    return { ...finding, tensor: await tensorAt(damaged, deps) };
  }
  let done = 0;
  const progress = () => deps.progress(++done);
  for (const range of ranges) {
    await replay.go(await replay.wayTo(range.from));
    const { memory } = replay;
    const finding =
      compareHash(receipts, range.from, hashOfParameters(memory, range.from)) ??
      (await auditRange(range, deps, progress));
    if (finding !== null) return { ...finding, tensor: await tensorBehind(finding.step, deps) };
  }
  return null;
}

type Bare = Omit<AuditFinding, 'tensor'>;

async function auditRange({ from, to }: AuditRange, deps: AuditDeps, progress: () => void): Promise<Bare | null> {
  const { replay, receipts } = deps;
  const noted = [...receipts.states.keys()].filter((step) => step > from && step <= to);
  let finding: Bare | null = null;
  for (const stop of [...noted, to]) {
    await replay.advance(stop, (step) => {
      progress();
      finding ??= compareHash(receipts, step + 1, committedHash(replay.memory, step));
    });
    if (finding !== null) return finding;
    const receipt = receipts.states.get(stop);
    if (receipt === undefined) continue;
    const found = replay.stateDigest();
    if (found !== receipt) return { step: stop, what: 'state', receipt, found };
  }
  return null;
}

function compareHash({ hashes, from }: Receipts, step: number, found: string): Bare | null {
  const receipt = hashes[step - from];
  return receipt === undefined || receipt === found ? null : { step, what: 'parameters', receipt, found };
}

function differs(receipt: string | undefined, found: string): boolean {
  return receipt !== undefined && receipt !== found;
}

/** Of a checkpoint that is not what the receipts say: which tensor of it, by computing its state from the one before. */
async function tensorAt(checkpoint: Found, { replay }: AuditDeps): Promise<AuditFinding['tensor']> {
  await replay.goFromBefore(checkpoint.body.step);
  return firstTensor(checkpoint, replay);
}

/** Of a difference after `step`: by the first checkpoint at or behind it. */
async function tensorBehind(step: number, { replay, checkpoints }: AuditDeps): Promise<AuditFinding['tensor']> {
  const checkpoint = checkpoints.find(({ body }) => body.step >= step);
  if (checkpoint === undefined) return null;
  if (replay.step === null || replay.step > checkpoint.body.step) await replay.goFromBefore(checkpoint.body.step);
  else await replay.advance(checkpoint.body.step);
  return firstTensor(checkpoint, replay);
}

function firstTensor({ body, tensors }: Found, replay: Replay): AuditFinding['tensor'] {
  const { layout } = replay.memory.plan.shape;
  const decoded = decodeCheckpoint(layout, body, tensors);
  if (decoded === null) return null;
  const [computed, stored] = [tensorsOf(layout, replay.state(), null), tensorsOf(layout, decoded.state, null)];
  const other = computed.find(({ data }, i) => !sameBits(data, stored[i]!.data));
  return other === undefined ? null : { name: other.name, step: body.step };
}
