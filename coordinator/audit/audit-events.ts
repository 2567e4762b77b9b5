// What goes into the machine of audits and what comes out of it. Types only.

import type { SplitName } from '../../src/engine.ts';
import type { BlockAddress } from '../../src/tree.ts';

/** What an answer is of: a tree node of a step, or a part of an evaluation (a block of level 0). */
export interface Subject {
  /** Of an evaluation, the step that reads the same parameters. */
  readonly step: number;
  /** null: of training. */
  readonly split: SplitName | null;
  readonly block: BlockAddress;
}

export interface Answer extends Subject {
  readonly workerId: number;
  readonly attempt: number;
}

export type AuditEvent =
  /** A node takes part. This process's own threads are no workers to audits. `host`: its address without the port. */
  | { readonly type: 'joined'; readonly workerId: number; readonly name: string; readonly host: string }
  | { readonly type: 'gone'; readonly workerId: number }
  /** An answer is part of the run now. `drawn`: the draw said so. `doubled`: others were given the same work. */
  | ({
      readonly type: 'accepted';
      readonly drawn: boolean;
      readonly doubled: readonly number[];
    } & Answer)
  /** An answer is not needed, since others gave the same work first, and says something else, or was cut otherwise. */
  | ({ readonly type: 'unneeded'; readonly doubled: readonly number[] } & Answer)
  /** Its step ended without an answer that may still come. */
  | ({ readonly type: 'owed' } & Answer)
  /** The coordinator has its own answer. */
  | ({
      readonly type: 'computed';
      /** Of what the worker sent; null: it has not answered yet. */
      readonly same: boolean | null;
    } & Answer)
  /** What was owed has come, and was compared with the coordinator's answer. */
  | ({ readonly type: 'came'; readonly same: boolean } & Answer)
  /** Everything that was to be computed was. */
  | { readonly type: 'settled' }
  /** The run stands at a state that step `step` reads, and whatever came after it is undone. */
  | { readonly type: 'went-back'; readonly step: number };

export type AuditEffect =
  /** Compute it with the coordinator's own engine, while the parameters of its step are there. */
  | ({ readonly type: 'compute'; readonly reason: string } & Answer)
  /**
   * Close its connection, if it is still there; its name and its address are refused from now on. `undoes`: an answer of it is
   * part of the run, which has to go back.
   */
  | { readonly type: 'convict'; readonly workerId: number; readonly undoes: boolean; readonly reason: string }
  /** The newest state that holds no answer of those convicted is one of a step up to `step`: the run goes on from there. */
  | { readonly type: 'go-back'; readonly step: number; readonly reason: string };
