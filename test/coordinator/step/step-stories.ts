// Random stories of a step, and how one is played to its end in the world of the twin.

import fc from 'fast-check';
import { World } from './step-twin.ts';

interface Story {
  readonly shards: number;
  readonly bad: readonly number[];
  readonly workers: readonly { faulty: boolean; busy: boolean; kind: number }[];
  readonly events: readonly { what: string; who: number; choice: number }[];
}

export function story(faults: { faulty: number; bad: number; workers: number }): fc.Arbitrary<Story> {
  const weights: [string, number][] = [
    ['answer', 12],
    ['tick', 8],
    ['lost', 2],
    ['joined', 1],
    ['goodbye', 1],
    ['idle', 1],
  ];
  return fc.record({
    shards: fc.constantFrom(1, 2, 3, 4, 7, 8, 8, 16, 16),
    bad: fc.array(fc.nat(15), { maxLength: faults.bad }),
    workers: fc
      .array(fc.record({ faulty: fc.boolean(), busy: fc.nat(5).map((n) => n === 1), kind: fc.nat(100) }), {
        // fast-check prefers short lists, and a lonely worker tells little.
        minLength: faults.workers,
        maxLength: 5,
      })
      .map((all) => {
        let left = faults.faulty;
        return all.map((one) => ({ ...one, faulty: one.faulty && left-- > 0 }));
      }),
    events: fc.array(
      fc.record({
        what: fc.oneof(...weights.map(([what, weight]) => ({ arbitrary: fc.constant(what), weight }))),
        who: fc.nat(100),
        choice: fc.nat(100),
      }),
      { minLength: 10, maxLength: 60, size: 'max' },
    ),
  });
}

/** Plays a story to its end, and then lets a healthy worker join, the busy finish, and everybody answer. */
export function play({ shards, bad, workers, events }: Story): World {
  const world = new World(shards, new Set(bad.filter((shard) => shard < shards)));
  const first = workers.map(({ faulty, busy, kind }) => world.newWorker(faulty, busy, kind));
  const busy = first.filter((_, i) => workers[i]!.busy).map(({ workerId }) => workerId);
  world.send({ type: 'started', nowMs: 0, workers: first, busy });
  for (const { what, who, choice } of events) {
    world.nowMs += choice % 20;
    const { nowMs } = world;
    const ids = [...world.workers.keys()];
    const workerId = ids[who % Math.max(1, ids.length)];
    const worker = workerId === undefined ? undefined : world.workers.get(workerId);
    if (what === 'joined') world.send({ type: 'joined', nowMs, worker: world.newWorker(false, false, choice) });
    else if (what === 'tick') {
      world.nowMs += choice;
      world.send({ type: 'tick', nowMs: world.nowMs });
    } else if (workerId === undefined || worker === undefined) continue;
    else if (what === 'answer' && worker.open !== null) world.answer(workerId, choice);
    else if (what === 'goodbye') {
      worker.leaving = true;
      world.send({ type: 'goodbye', workerId });
    } else if (what === 'lost') {
      world.workers.delete(workerId);
      world.send({ type: 'lost', nowMs, workerId, reason: 'a test' });
    } else if (what === 'idle' && worker.busy) {
      worker.busy = false;
      world.send({ type: 'idle', nowMs, workerId });
    }
  }
  world.send({ type: 'joined', nowMs: world.nowMs, worker: world.newWorker(false, false, 1) });
  for (const [workerId, worker] of world.workers) {
    if (!worker.busy) continue;
    worker.busy = false;
    world.send({ type: 'idle', nowMs: world.nowMs, workerId });
  }
  for (let round = 0; round < 200 && !world.ended; round++) {
    const next = [...world.workers].find(([, { open }]) => open !== null);
    world.nowMs += 10;
    if (next !== undefined) world.answer(next[0], round);
    else world.send({ type: 'tick', nowMs: world.nowMs });
  }
  // The stragglers' answers come at last, and change nothing.
  for (const [workerId, worker] of world.workers) while (worker.open !== null) world.answer(workerId, 0);
  world.send({ type: 'tick', nowMs: world.nowMs + 10_000 });
  return world;
}
