// Pure: what one worker was given and has not answered yet. A worker has at most one attempt at a time, of a step or of an
// evaluation, and keeps it when its step is committed without it: then its late answers are still asked for (and dropped),
// while everything else it might send is not. Knows nothing of sockets, nor of what an answer is good for.

import type { SplitName } from '../../src/engine.ts';
import type { BlockAddress } from '../../src/tree.ts';
import type { PartSums } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { shardList } from '../step/cover.ts';
import type { Measurement } from '../step/speed.ts';

/** Which work is meant: given and answer must agree in all of it. */
export interface Work {
  readonly attempt: number;
  readonly epoch: number;
  /** Since the start of the run; of an evaluation, the step that reads the same parameters. */
  readonly step: number;
  /** The split that is evaluated; null for training. */
  readonly split: SplitName | null;
}

export class Inflight {
  readonly work: Work;
  readonly blocks: readonly BlockAddress[];
  readonly #givenAtMs: number;
  /** Not answered yet: tree nodes by `keyOf`, or part numbers. */
  readonly #open: Set<string | number>;
  /** Shards or parts in all. */
  readonly #count: number;
  /** Samples of each shard or part of the step or the evaluation. */
  readonly #samples: readonly number[];
  #sampleCount = 0;
  #computeMs = 0;

  /**
   * @param blocks of shards, or of the split's parts
   * @param samples of each shard or part, by the coordinator's own count
   * @param nowMs attended time at which the work was given
   */
  constructor(work: Work, blocks: readonly BlockAddress[], samples: readonly number[], nowMs: number) {
    this.work = work;
    this.blocks = blocks;
    this.#samples = samples;
    this.#givenAtMs = nowMs;
    const units = blocks.flatMap(shardList);
    this.#count = units.length;
    this.#open = new Set<string | number>(work.split === null ? blocks.map(keyOf) : units);
  }

  /** Has everything been answered? Then the worker is idle. */
  get done(): boolean {
    return this.#open.size === 0;
  }

  /**
   * @param node a tree node that arrived
   * @throws ProtocolError when nobody asked for it, or it was answered already
   */
  answerBlock(
    node: Omit<Work, 'split'> & BlockAddress & { readonly sampleCount: number; readonly computeMs: number },
  ): void {
    this.#demand({ ...node, split: null });
    this.#take(keyOf(node), `tree node (${node.level}, ${node.index})`);
    this.#add(
      node.sampleCount,
      shardList(node).reduce((sum, shard) => sum + this.#samples[shard]!, 0),
    );
    this.#computeMs += node.computeMs;
  }

  /** @throws ProtocolError as answerBlock */
  answerParts(answer: Work & { readonly parts: readonly PartSums[]; readonly computeMs: number }): void {
    this.#demand(answer);
    for (const { part, sampleCount } of answer.parts) {
      this.#take(part, `part ${part}`);
      this.#add(sampleCount, this.#samples[part]!);
    }
    this.#computeMs += answer.computeMs;
  }

  /** What the attempt tells of the worker's speed, once it is done. */
  measurement(nowMs: number): Measurement {
    return {
      shardCount: this.#count,
      sampleCount: this.#sampleCount,
      computeMs: this.#computeMs,
      wallMs: nowMs - this.#givenAtMs,
    };
  }

  #demand(answer: Work): void {
    const { attempt, epoch, step, split } = this.work;
    const fits = answer.attempt === attempt && answer.epoch === epoch && answer.step === step && answer.split === split;
    if (fits) return;
    throw new ProtocolError('unsolicited', `${workText(answer)} was answered, asked for was ${workText(this.work)}`);
  }

  #take(key: string | number, what: string): void {
    if (!this.#open.delete(key)) throw new ProtocolError('unsolicited', `${what} was not asked for, or came twice`);
  }

  #add(sampleCount: number, samples: number): void {
    if (sampleCount !== samples) {
      throw new ProtocolError('badField', `an answer for ${sampleCount} samples where there are ${samples}`);
    }
    this.#sampleCount += sampleCount;
  }
}

function workText({ attempt, epoch, step, split }: Work): string {
  return `attempt ${attempt} (epoch ${epoch}, step ${step}, ${split ?? 'training'})`;
}

function keyOf({ level, index }: BlockAddress): string {
  return `${level}:${index}`;
}
