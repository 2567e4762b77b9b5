// What is said to people of each event: these are the lines on stderr, which others may have learned to look for.

import { expect, it } from 'vitest';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import { eventLine, lossText } from '../../src/run/event-text.ts';
import { printableEvent } from '../../src/run/events.ts';

const at = { host: '127.0.0.1', port: 7070 };
const lines: readonly [ClusterEvent, string][] = [
  [
    { type: 'listening', url: 'wss://127.0.0.1:7070', ...at, tls: true, token: true },
    'info: Listening at wss://127.0.0.1:7070',
  ],
  [
    { type: 'listening', url: 'ws://127.0.0.1:7070', ...at, tls: false, token: false },
    'info: Listening at ws://127.0.0.1:7070, without a token',
  ],
  [
    { type: 'metricsAt', url: 'http://127.0.0.1:7070/', ...at },
    'info: Metrics and live page at http://127.0.0.1:7070/',
  ],
  [
    { type: 'workerJoined', workerId: 3, name: 'a', address: '10.0.0.7:5', threads: 1, wide: true },
    'info: worker 3 joined: a at 10.0.0.7:5, 1 thread with wide vectors',
  ],
  [
    { type: 'workerJoined', workerId: 1, name: 'this machine', address: null, threads: 2, wide: false },
    'info: worker 1 is this machine: 2 threads',
  ],
  [
    { type: 'workerLost', workerId: 3, name: 'a', eviction: 'connection_lost', reason: 'the connection was lost' },
    'info: worker 3 (a) left: the connection was lost',
  ],
  [{ type: 'workerLate', workerId: 3, step: 9 }, 'info: a late tree node of step 9 from worker 3 was dropped'],
  [
    { type: 'workerWrong', workerId: 3, reason: 'not finite' },
    "warning: worker 3 was wrong: not finite; this coordinator's own answer stands",
  ],
  [
    { type: 'workerFalse', workerId: 3, reason: 'tree node (1, 0) of step 7 is false' },
    'warning: worker 3 sent a false answer: tree node (1, 0) of step 7 is false; it is evicted, and its name and address are refused',
  ],
  [
    { type: 'wentBack', from: 8, to: 5, reason: 'its first answer was taken then' },
    'warning: The run goes back from step 8 to step 5, and on from there: its first answer was taken then',
  ],
  [
    { type: 'audits', share: 0.02, answers: 900, audited: 18, falseAnswers: 0, seconds: 0.1234, workerSeconds: 5 },
    'info: Audits: 18 of 900 answers were computed again in 0.12 s here, beside 5.00 s of the workers: none of them was false; a single false answer stays unseen with a chance of 98 %',
  ],
  [
    { type: 'audits', share: 1, answers: 3, audited: 3, falseAnswers: 1, seconds: 0, workerSeconds: 0 },
    'info: Audits: 3 of 3 answers were computed again in 0.00 s here, beside 0.00 s of the workers: 1 of them was false; a single false answer stays unseen with a chance of 0 %',
  ],
  [{ type: 'workerDoubted', workerId: 3, reason: 'step 9: worker 3 was' }, 'warning: step 9: worker 3 was'],
  [{ type: 'threadsWrong', code: 'nonFinite', reason: 'x' }, "warning: this machine's threads: nonFinite, x"],
  [
    { type: 'threadLost', thread: 1, reason: 'it fell' },
    'warning: thread 1 died (it fell); its work is redone, and a new thread takes its place',
  ],
  [
    { type: 'threadRests', thread: 1, threads: 2 },
    'warning: something else takes the core of thread 1 again and again: it rests now and then, and the others take its tasks (end what else runs there, or use --threads 1)',
  ],
  [
    { type: 'threadsIdle', threads: 10, shards: 8 },
    'warning: 10 workers but only 8 shards: 2 of them will idle (a larger --shards uses them, and changes the digest)',
  ],
  [
    { type: 'shardsReassigned', step: 9, split: null, shards: 1, from: [1], to: 2, why: 'late from worker 1' },
    'info: step 9: 1 shard to worker 2: late from worker 1',
  ],
  [
    { type: 'shardsReassigned', step: 9, split: 'test', shards: 4, from: [1], to: 2, why: 'late from worker 1' },
    'info: the evaluation of the test split: 4 parts to worker 2: late from worker 1',
  ],
  [
    { type: 'parameterForm', workerId: 3, packed: true, bytesPerSecond: 11_234_567 },
    'info: the link of worker 3 passes 11 MB/s: its parameters are packed from now on',
  ],
  [
    { type: 'parameterForm', workerId: 3, packed: false, bytesPerSecond: 512_345_678 },
    'info: the link of worker 3 passes 510 MB/s: its parameters are sent as they are from now on',
  ],
  [
    { type: 'turnedAway', address: '10.0.0.7:5', reason: 'malformed', count: 0 },
    'warning: 10.0.0.7:5 was turned away: malformed',
  ],
  [
    { type: 'turnedAway', address: '10.0.0.7:5', reason: 'malformed', count: 7 },
    'warning: 7 more connections were turned away; the last: 10.0.0.7:5 was turned away: malformed',
  ],
  [
    { type: 'runWaiting', threads: 1, needed: 2, missingRanks: [] },
    'info: Waiting for workers: 1 computing thread ready, 2 needed',
  ],
  [
    { type: 'runWaiting', threads: 1, needed: 1, missingRanks: [1, 2, 3, 7] },
    'info: Waiting for workers: 1 computing thread ready, 1 needed; missing: ranks 1-3, 7',
  ],
  [{ type: 'runPaused', reason: 'no worker is left' }, 'warning: The run pauses: no worker is left'],
  [{ type: 'runGoesOn', reason: 'worker 2 is ready' }, 'info: The run goes on: worker 2 is ready'],
  [{ type: 'traffic', sentBytes: 5, receivedBytes: 6 }, 'info: 5 bytes were sent to workers, 6 received from them'],
];

it.each(lines)('%j', (event, line) => {
  const { level, text } = eventLine(event)!;
  expect(`${level}: ${text}`).toBe(line);
});

it('a node says of its threads what a coordinator says', () => {
  const loss = { type: 'threadLost', thread: 1, reason: 'it fell' } as const;
  expect(lossText(loss.thread, loss.reason)).toBe(eventLine(loss)!.text);
});

it('what others have named is printable in the data too', () => {
  const event = { type: 'workerLost', workerId: 3, name: 'a\u001b[2J\n', eviction: null, reason: 'x\ny' } as const;
  expect(printableEvent(event)).toEqual({ ...event, name: 'a\\x1b[2J ', reason: 'x y' });
});
