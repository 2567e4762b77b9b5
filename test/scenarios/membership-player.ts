// Plays membership scenarios, through the attended clock. Times are those of an ordinary clock. Inputs:
//   setup min-threads=1 launch-size=1 join-timeout=5000 heartbeat-timeout=1000 longest-gap=500    before all else
//   0 started
//   0 joining name threads=4 [rank=1] [local]
//   0 ready 1 | 0 heard 1 | given-work 1 | goodbye 1 reason | gone 1 reason | 250 tick
//   answered 1 shards=4 samples=64 compute=8 wall=10
//   ticks 250 to 10000 [heard 1 2]      a tick every 250 ms from the last input on, the named workers being heard before it
//   members                              shows them

import { AttendedClock } from '../../coordinator/cluster/attended-clock.ts';
import { Membership, type MembershipEffect, type MembershipEvent } from '../../coordinator/cluster/membership.ts';
import { option, type Player, rest } from './scenario.ts';

export function membershipPlayer(): Player {
  let machine = new Membership({ minThreads: 1, joinTimeoutMs: null, heartbeatTimeoutMs: 10_000 });
  let clock = new AttendedClock({ longestGapMs: 500 });
  let lastMs = 0;
  let names: string[] = [];

  const event = (words: readonly string[]): MembershipEvent => {
    const workerId = Number(words[1]);
    switch (words[0]) {
      case 'given-work':
        return { type: 'given-work', workerId };
      case 'goodbye':
      case 'gone':
        return { type: words[0], workerId, reason: rest(words, 2) };
      case 'answered': {
        const measurement = {
          shardCount: option(words, 'shards', 1),
          sampleCount: option(words, 'samples', 16),
          computeMs: option(words, 'compute', 1),
          wallMs: option(words, 'wall', 1),
        };
        return { type: 'answered', workerId, measurement };
      }
    }
    lastMs = Number(words[0]);
    const nowMs = clock.read(lastMs);
    switch (words[1]) {
      case 'started':
      case 'tick':
        return { type: words[1], nowMs };
      case 'joining': {
        const remote = !words.includes('local');
        // workers are numbered from 1 in the order of joining
        const workerId = names.push(words[2]!);
        const rank = option(words, 'rank', 0) || null;
        return { type: 'joining', nowMs, workerId, threads: option(words, 'threads', 1), remote, rank };
      }
      case 'ready':
      case 'heard':
        return { type: words[1], nowMs, workerId: Number(words[2]) };
    }
    throw new Error(`unknown input: ${words.join(' ')}`);
  };

  const ticks = (words: readonly string[]): string[] => {
    const everyMs = Number(words[1]);
    const effects: string[] = [];
    for (let ms = lastMs + everyMs; ms <= Number(words[3]); ms += everyMs) {
      for (const workerId of words.slice(5))
        effects.push(...machine.handle(event([`${ms}`, 'heard', workerId])).map(shown));
      effects.push(...machine.handle(event([`${ms}`, 'tick'])).map((effect) => `at ${ms}: ${shown(effect)}`));
    }
    return effects;
  };

  return (input) => {
    const words = input.split(' ');
    switch (words[0]) {
      case 'setup': {
        const joinTimeoutMs = option(words, 'join-timeout', 0) || null;
        const heartbeatTimeoutMs = option(words, 'heartbeat-timeout', 10_000);
        machine = new Membership({
          minThreads: option(words, 'min-threads', 1),
          launchSize: option(words, 'launch-size', 0),
          joinTimeoutMs,
          heartbeatTimeoutMs,
        });
        clock = new AttendedClock({ longestGapMs: option(words, 'longest-gap', 500) });
        names = [];
        return [];
      }
      case 'ticks':
        return ticks(words);
      case 'members':
        return members(machine, names);
      default:
        return machine.handle(event(words)).map(shown);
    }
  };
}

function members(machine: Membership, names: readonly string[]): string[] {
  const weights = new Map(machine.speeds().map(({ workerId, weight }) => [workerId, weight]));
  return [
    `${machine.phase}, ${machine.threads} threads`,
    ...[...machine.members.values()].map(
      ({ workerId, phase }) =>
        `${workerId} ${names[workerId - 1]} ${phase} weight ${weights.get(workerId)?.toFixed(3) ?? 'none'}`,
    ),
  ];
}

function shown(effect: MembershipEffect): string {
  return `${effect.type}${'workerId' in effect ? ` ${effect.workerId}` : ''} - ${effect.reason}`;
}
