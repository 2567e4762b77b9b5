// Plays step scenarios. Inputs:
//   setup shards=8 samples=16 first=1         8 shards of 16 samples each, attempts from 1; before all else
//   worker 3 threads=2 speed=4 overhead=1     what is known of a worker: samples a ms of each thread; without speed=, nothing
//   worker 3 speed=4 most=2                   the most shards that it answered in one attempt; without most=, enough
//   worker 1 local                            this machine's threads
//   0 started 1 2 busy 2                      at 0 ms, with workers 1 and 2, of whom 2 owes an earlier answer
//   9 node 1 attempt 1 block 2:0 [not finite]
//   9 joined 3 | 9 idle 2 | goodbye 1 | 9 lost 2 reason | 9 tick

import { type Estimate, weighWorkers } from '../../coordinator/step/speed.ts';
import type { StepEffect, StepEvent } from '../../coordinator/step/step-events.ts';
import { StepMachine, stepDefaults } from '../../coordinator/step/step-machine.ts';
import type { BlockAddress } from '../../src/tree.ts';
import { option, type Player, rest } from './scenario.ts';

export function stepPlayer(): Player {
  let machine: StepMachine | null = null;
  const known = new Map<number, { workerId: number; threads: number; estimate: Estimate | null; remote: boolean }>();
  const speed = (ids: readonly number[]) =>
    weighWorkers([...known.values()]).filter(({ workerId }) => ids.includes(workerId));

  const event = (words: readonly string[]): StepEvent => {
    if (words[0] === 'goodbye') return { type: 'goodbye', workerId: Number(words[1]) };
    const nowMs = Number(words[0]);
    const workerId = Number(words[2]);
    switch (words[1]) {
      case 'started': {
        const busyAt = words.indexOf('busy');
        const busy = busyAt < 0 ? [] : words.slice(busyAt + 1).map(Number);
        return {
          type: 'started',
          nowMs,
          workers: speed(words.slice(2, busyAt < 0 ? undefined : busyAt).map(Number)),
          busy,
        };
      }
      case 'node': {
        const [level, index] = words[6]!.split(':').map(Number) as [number, number];
        const finite = !words.includes('not');
        return { type: 'tree-node', nowMs, workerId, attempt: Number(words[4]), block: { level, index }, finite };
      }
      case 'joined':
        return { type: 'joined', nowMs, worker: speed([workerId])[0]! };
      case 'idle':
        return { type: 'idle', nowMs, workerId };
      case 'lost':
        return { type: 'lost', nowMs, workerId, reason: rest(words, 3) };
      case 'tick':
        return { type: 'tick', nowMs };
    }
    throw new Error(`unknown input: ${words.join(' ')}`);
  };

  return (input) => {
    const words = input.split(' ');
    if (words[0] === 'setup') {
      const shardSamples = new Array<number>(option(words, 'shards', 8)).fill(option(words, 'samples', 16));
      machine = new StepMachine(
        { name: 'step 7 of epoch 0', shardSamples, firstAttempt: option(words, 'first', 1) },
        stepDefaults,
      );
      return [];
    }
    if (words[0] === 'worker') {
      const workerId = Number(words[1]);
      const samplesPerMs = option(words, 'speed', 0);
      const estimate =
        samplesPerMs === 0
          ? null
          : {
              samplesPerMs,
              overheadMs: option(words, 'overhead', 0),
              measurements: 1,
              mostShards: option(words, 'most', 1000),
            };
      known.set(workerId, {
        workerId,
        threads: option(words, 'threads', 1),
        estimate,
        remote: !words.includes('local'),
      });
      return [];
    }
    const effects = machine!.handle(event(words)).map(shown);
    const due = machine!.nextDueMs;
    return due === null || !effects.some((effect) => effect.startsWith('assign'))
      ? effects
      : [...effects, `(due ${due})`];
  };
}

const at = ({ level, index }: BlockAddress) => `${level}:${index}`;

function shown(effect: StepEffect): string {
  switch (effect.type) {
    case 'assign':
      return `assign ${effect.workerId} attempt ${effect.attempt} blocks ${effect.blocks.map(at).join(' ')} - ${effect.reason}`;
    case 'accept':
      return `accept ${effect.workerId} attempt ${effect.attempt} block ${at(effect.block)}`;
    case 'supersede':
    case 'drop':
      return `${effect.type} ${effect.workerId} attempt ${effect.attempt} block ${at(effect.block)} - ${effect.reason}`;
    case 'evict':
      return `evict ${effect.workerId} ${effect.code} - ${effect.reason}`;
    case 'warn':
      return `warn - ${effect.reason}`;
    case 'commit':
      return `commit ${effect.nodes.map(({ block, workerId }) => `${at(block)} from ${workerId}`).join(', ')}`;
    case 'fail':
      return `fail shard ${effect.shard} - ${effect.reason}`;
  }
}
