// One worker of a run with nodes, as long as it takes part: what it is, what it was given, and what it has done. All that
// changes of it changes in here. In which phase it is, when it was heard and how fast it is, membership.ts knows.

import type { DatasetBytes } from '../../src/wire/dataset-bytes.ts';
import type { AttemptFailed, Evaluated, TreeNode } from '../../src/wire/messages.ts';
import { noVectorBytes, type VectorBytes, type WorkerState, type WorkerStatus } from '../executors/worker-status.ts';
import { type LinkOptions, ParameterForm } from '../step/parameter-form.ts';
import type { Measurement } from '../step/speed.ts';
import type { StepEvent } from '../step/step-events.ts';
import { DatasetUpload } from './dataset-upload.ts';
import type { Inflight } from './inflight.ts';
import type { NodeConnection } from './node-connection.ts';

export interface MemberFacts {
  /** Never used again in the run. */
  readonly workerId: number;
  /** For whoever watches: a place that is taken again when its worker has gone. */
  readonly rank: number;
  readonly name: string;
  readonly threads: number;
  /** Whether it has wide vectors. */
  readonly wide: boolean;
  /** HOST:PORT of its own metrics, null if it has none. */
  readonly metricsAddress: string | null;
  /** null: the threads of this process. */
  readonly connection: NodeConnection | null;
}

export class ClusterMember {
  readonly facts: MemberFacts;
  readonly workerId: number;
  readonly connection: NodeConnection | null;
  #inflight: Inflight | null = null;
  #upload: DatasetUpload | null = null;
  /** The step whose parameters it was last sent. */
  #parameterStep: number | null = null;
  readonly #form: ParameterForm;
  readonly #vectorBytes: { -readonly [K in keyof VectorBytes]: VectorBytes[K] } = { ...noVectorBytes };
  /** Of vectors, since it was given what it is at. */
  #attemptBytes = 0;
  /** It has answered an attempt: its threads run, its code is compiled. */
  #warm = false;
  /** Of the steps that it answered. */
  readonly #done = { shards: 0, samples: 0, computeMs: 0 };

  constructor(facts: MemberFacts, link: LinkOptions) {
    this.facts = facts;
    this.#form = new ParameterForm(link);
    this.workerId = facts.workerId;
    this.connection = facts.connection;
  }

  /** What it was given and has not answered yet. */
  get inflight(): Inflight | null {
    return this.#inflight;
  }

  /** It asked for the dataset and was not sent all of it yet. */
  get awaitsData(): boolean {
    return this.#upload?.done === false;
  }

  sendData(connection: NodeConnection, bytes: DatasetBytes): void {
    this.#upload = new DatasetUpload(connection, bytes);
  }

  give(inflight: Inflight): void {
    this.#inflight = inflight;
    this.#attemptBytes = 0;
  }

  /** It is sent parameters of so many bytes, or none. */
  sends(bytes: number, packed: boolean): void {
    this.#attemptBytes += bytes;
    this.#vectorBytes[packed ? 'parametersPacked' : 'parametersPlain'] += bytes;
  }

  /** It has sent a tree node of so many bytes. */
  sent(bytes: number, packed: boolean): void {
    this.#attemptBytes += bytes;
    this.#vectorBytes[packed ? 'treeNodesPacked' : 'treeNodesPlain'] += bytes;
  }

  /**
   * It has answered all that it was given.
   * @param clocked what the clocks say of it, from which its link is judged
   * @returns what that tells of its speed. Nothing the first time: everybody's first attempt is slow, and taken for its speed,
   * a node that joins late would never be given work again, and so never be measured again.
   */
  settle(measurement: Measurement, clocked: Measurement): Measurement | null {
    if (this.#inflight?.work.split === null) {
      this.#form.measured(this.#attemptBytes, clocked.wallMs - clocked.computeMs);
      this.#done.shards += measurement.shardCount;
      this.#done.samples += measurement.sampleCount;
      this.#done.computeMs += measurement.computeMs;
    }
    this.#inflight = null;
    if (this.#warm) return measurement;
    this.#warm = true;
    return null;
  }

  /** @returns false if it was sent the step's parameters before; else they are to be sent now */
  lacksParameters(step: number): boolean {
    if (this.#parameterStep === step) return false;
    this.#parameterStep = step;
    return true;
  }

  /** It is sent all of them the next time. */
  forgetParameters(): void {
    this.#parameterStep = null;
  }

  /** The last that it was sent are those of the step before `step`. */
  holdsBefore(step: number): boolean {
    return this.#parameterStep === step - 1;
  }

  /** Its link is so slow that packing what can be packed pays. */
  get packsParameters(): boolean {
    return this.#form.packs;
  }

  /** As it was measured last; null: not yet. */
  get linkBytesPerSecond(): number | null {
    return this.#form.bytesPerSecond;
  }

  status(state: WorkerState, silentMs: number | null): WorkerStatus {
    const { workerId, connection: _, ...facts } = this.facts;
    const name = numberedName(workerId, facts.name);
    return {
      ...facts,
      name,
      id: `node-${workerId}`,
      transport: 'websocket',
      state,
      silentMs,
      restMs: 0,
      vectorBytes: { ...this.#vectorBytes },
      linkBytesPerSecond: this.linkBytesPerSecond,
      ...this.#done,
    };
  }
}

/** The smallest, so that ranks stay as few as there are workers at a time. Those below `from` belong to this machine's threads. */
export function freeRank(nodes: readonly ClusterMember[], from: number): number {
  const taken = new Set(nodes.map(({ facts }) => facts.rank));
  let rank = from;
  while (taken.has(rank)) rank++;
  return rank;
}

/** For whoever watches: with the number that events have. */
export function numberedName(workerId: number, name: string): string {
  return `worker ${workerId}: ${name}`;
}

/** The work that the members do; told after the membership machine has heard of it. */
export interface MemberWork {
  /** A worker came, wishes to leave, or is gone. */
  changed(event: StepEvent & { readonly type: 'joined' | 'goodbye' | 'lost' }): void;
  /** May throw ProtocolError: the connection is closed with it. */
  answered(member: ClusterMember, message: TreeNode | Evaluated | AttemptFailed): void;
  /** Now and then, in attended time. */
  ticked(nowMs: number): void;
}
