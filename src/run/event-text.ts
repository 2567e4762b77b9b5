// One line for people of each event that is news and no figure: the same on stderr, on the live page, in log.json and in the
// report. Pure. Knows nothing of where it is shown; whoever wants data takes the event.

import { counted } from '../text/counted.ts';
import type { TrainEvent } from './events.ts';

export interface EventLine {
  readonly level: 'info' | 'warning';
  readonly text: string;
}

const info = (text: string): EventLine => ({ level: 'info', text });
const warning = (text: string): EventLine => ({ level: 'warning', text });

/** null: its figures are shown elsewhere and in another form. */
export function eventLine(event: TrainEvent): EventLine | null {
  switch (event.type) {
    case 'info':
      return info(event.message);
    case 'warning':
      return warning(event.message);
    case 'listening':
      return info(`Listening at ${event.url}${event.token ? '' : ', without a token'}`);
    case 'metricsAt':
      return info(`Metrics and live page at ${event.url}`);
    case 'workerJoined':
      return info(joinText(event));
    case 'workerLost':
      return info(`worker ${event.workerId} (${event.name}) left: ${event.reason}`);
    case 'workerLate':
      return info(`a late tree node of step ${event.step} from worker ${event.workerId} was dropped`);
    case 'workerWrong':
      return warning(`worker ${event.workerId} was wrong: ${event.reason}; this coordinator's own answer stands`);
    case 'workerFalse':
      return warning(
        `worker ${event.workerId} sent a false answer: ${event.reason}; it is evicted, and its name and address are refused`,
      );
    case 'wentBack':
      return warning(
        `The run goes back from step ${event.from} to step ${event.to}, and on from there: ${event.reason}`,
      );
    case 'audits':
      return info(auditsText(event));
    case 'workerDoubted':
      return warning(event.reason);
    case 'threadsWrong':
      return warning(`this machine's threads: ${event.code}, ${event.reason}`);
    case 'threadLost':
      return warning(lossText(event.thread, event.reason));
    case 'threadRests':
      return warning(
        `something else takes the core of thread ${event.thread} again and again: it rests now and then, and the others take its tasks (end what else runs there, or use --threads ${event.threads - 1})`,
      );
    case 'threadsIdle':
      return warning(
        `${event.threads} workers but only ${counted(event.shards, 'shard')}: ${event.threads - event.shards} of them will idle (a larger --shards uses them, and changes the digest)`,
      );
    case 'shardsReassigned':
      return info(
        `${workName(event.step, event.split)}: ${counted(event.shards, event.split === null ? 'shard' : 'part')} to worker ${event.to}: ${event.why}`,
      );
    case 'parameterForm':
      return info(
        `the link of worker ${event.workerId} passes ${Number((event.bytesPerSecond / 1e6).toPrecision(2))} MB/s: its parameters are ${event.packed ? 'packed' : 'sent as they are'} from now on`,
      );
    case 'turnedAway': {
      const text = `${event.address} was turned away: ${event.reason}`;
      return warning(event.count === 0 ? text : `${event.count} more connections were turned away; the last: ${text}`);
    }
    case 'runWaiting':
      return info(`Waiting for workers: ${threadsReady(event.threads, event.needed, event.missingRanks)}`);
    case 'runPaused':
      return warning(`The run pauses: ${event.reason}`);
    case 'runGoesOn':
      return info(`The run goes on: ${event.reason}`);
    case 'traffic':
      return info(`${event.sentBytes} bytes were sent to workers, ${event.receivedBytes} received from them`);
    case 'nodesComputed':
    case 'start':
    case 'progress':
    case 'epoch':
    case 'test':
    case 'checkpoint':
    case 'checkpointFailed':
    case 'done':
      return null;
  }
}

function joinText({ workerId, name, address, threads, wide }: TrainEvent & { type: 'workerJoined' }): string {
  const who = address === null ? `is ${name}:` : `joined: ${name} at ${address},`;
  return `worker ${workerId} ${who} ${counted(threads, 'thread')}${wide ? ' with wide vectors' : ''}`;
}

function auditsText(event: TrainEvent & { type: 'audits' }): string {
  const { share, answers, audited, falseAnswers, seconds, workerSeconds } = event;
  const found =
    falseAnswers === 0
      ? 'none of them was false'
      : `${falseAnswers} of them ${falseAnswers === 1 ? 'was' : 'were'} false`;
  const cost = `${seconds.toFixed(2)} s here, beside ${workerSeconds.toFixed(2)} s of the workers`;
  const unseen = `a single false answer stays unseen with a chance of ${percentText(1 - share)}`;
  return `Audits: ${audited} of ${counted(answers, 'answer')} were computed again in ${cost}: ${found}; ${unseen}`;
}

function percentText(ratio: number): string {
  return `${Number((100 * ratio).toFixed(4))} %`;
}

/** A node says the same of its own. */
export function lossText(thread: number, reason: string): string {
  return `thread ${thread} died (${reason}); its work is redone, and a new thread takes its place`;
}

/** What a step or an evaluation is called in messages. */
export function workName(step: number, split: 'validation' | 'test' | null): string {
  return split === null ? `step ${step}` : `the evaluation of the ${split} split`;
}

/** `missingRanks`: in order. */
export function threadsReady(threads: number, needed: number, missingRanks: readonly number[]): string {
  const ready = `${counted(threads, 'computing thread')} ready, ${needed} needed`;
  return missingRanks.length === 0 ? ready : `${ready}; missing: ${ranksText(missingRanks)}`;
}

/** "rank 3", "ranks 1-3, 7". `ranks`: in order, one or more. */
export function ranksText(ranks: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const rank of ranks) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === rank - 1) last[1] = rank;
    else ranges.push([rank, rank]);
  }
  const shown = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
  return `${ranks.length === 1 ? 'rank' : 'ranks'} ${shown}`;
}
