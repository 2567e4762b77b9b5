// Pure: what one worker was given and has not answered yet. A worker has at most one attempt at a time, of a step or of an
// evaluation, and keeps it when its step is committed without it: then its late answers are still asked for (and dropped),
// while everything else it might send is not. Knows nothing of sockets, nor of what an answer is good for.

import type { SplitName } from '../../src/engine.ts';
import type { BlockAddress } from '../../src/tree.ts';
import type { PartSums } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { shardList } from '../step/cover.ts';
import type { Measurement } from '../step/speed.ts';

/** A step or an evaluation, as somebody has it worked on; one object as long as that lasts. */
export interface Work {
  readonly epoch: number;
  /** Since the start of the run; of an evaluation, the step that reads the same parameters. */
  readonly step: number;
  /** The split that is evaluated; null for training. */
  readonly split: SplitName | null;
  /** Of each shard or part, by the coordinator's own count. */
  readonly samples: readonly number[];
}

/** What an answer says it is of: it must agree with what was given in all of it. */
type Answer = Omit<Work, 'samples'> & { readonly attempt: number };

export class Inflight {
  readonly work: Work;
  readonly attempt: number;
  readonly blocks: readonly BlockAddress[];
  readonly #givenAtMs: number;
  /** Not answered yet: tree nodes by `keyOf`, or part numbers. */
  readonly #open: Set<string | number>;
  /** Shards or parts in all. */
  readonly shardCount: number;
  #sampleCount = 0;
  #computeMs = 0;

  /**
   * @param blocks of shards, or of the split's parts
   * @param nowMs attended time at which the work was given
   */
  constructor(work: Work, attempt: number, blocks: readonly BlockAddress[], nowMs: number) {
    this.work = work;
    this.attempt = attempt;
    this.blocks = blocks;
    this.#givenAtMs = nowMs;
    const units = blocks.flatMap(shardList);
    this.shardCount = units.length;
    this.#open = new Set<string | number>(work.split === null ? blocks.map(keyOf) : units);
  }

  /** Has everything been answered? Then the worker is idle. */
  get done(): boolean {
    return this.#open.size === 0;
  }

  /** What was not answered yet: tree nodes, or parts as blocks of level 0. */
  get open(): BlockAddress[] {
    if (this.work.split === null) return this.blocks.filter((block) => this.#open.has(keyOf(block)));
    return [...this.#open].map((part) => ({ level: 0, index: Number(part) }));
  }

  /**
   * @param node a tree node that arrived
   * @throws ProtocolError when nobody asked for it, or it was answered already
   */
  answerBlock(
    node: Omit<Answer, 'split'> & BlockAddress & { readonly sampleCount: number; readonly computeMs: number },
  ): void {
    this.#demand({ ...node, split: null });
    this.#take(keyOf(node), `tree node (${node.level}, ${node.index})`);
    this.#add(
      node.sampleCount,
      shardList(node).reduce((sum, shard) => sum + this.work.samples[shard]!, 0),
    );
    this.#computeMs += node.computeMs;
  }

  /** @throws ProtocolError as answerBlock */
  answerParts(answer: Answer & { readonly parts: readonly PartSums[]; readonly computeMs: number }): void {
    this.#demand(answer);
    for (const { part, sampleCount } of answer.parts) {
      this.#take(part, `part ${part}`);
      this.#add(sampleCount, this.work.samples[part]!);
    }
    this.#computeMs += answer.computeMs;
  }

  /**
   * The engine could not compute the attempt.
   * @throws ProtocolError as answerBlock
   */
  answerFailure(attempt: number): void {
    if (attempt === this.attempt) return;
    throw new ProtocolError('unsolicited', `attempt ${attempt} failed, asked for was ${this.attempt}`);
  }

  /** What the attempt tells of the worker's speed, once it is done. */
  measurement(nowMs: number): Measurement {
    return {
      shardCount: this.shardCount,
      sampleCount: this.#sampleCount,
      computeMs: this.#computeMs,
      wallMs: nowMs - this.#givenAtMs,
    };
  }

  #demand(answer: Answer): void {
    const { attempt } = this;
    const { epoch, step, split } = this.work;
    const fits = answer.attempt === attempt && answer.epoch === epoch && answer.step === step && answer.split === split;
    if (fits) return;
    throw new ProtocolError(
      'unsolicited',
      `${workText(answer)} was answered, asked for was ${workText({ ...this.work, attempt })}`,
    );
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

function workText({ attempt, epoch, step, split }: Answer): string {
  return `attempt ${attempt} (epoch ${epoch}, step ${step}, ${split ?? 'training'})`;
}

function keyOf({ level, index }: BlockAddress): string {
  return `${level}:${index}`;
}
