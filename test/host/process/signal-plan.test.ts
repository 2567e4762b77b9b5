// What signals mean, by their order and the clock.

import { describe, expect, test } from 'vitest';
import {
  ONE_WISH_MS,
  SignalPlan,
  type StopSignal,
  stopSignalOf,
  type WarningSignal,
} from '../../../src/host/process/signal-plan.ts';

type Arrival = readonly [atMs: number, name: StopSignal | WarningSignal];

function meanings(arrivals: readonly Arrival[], hangupsCount = true): string[] {
  const plan = new SignalPlan({ hangupsCount });
  return arrivals.map(([atMs, name]) => plan.meaningOf(name, atMs));
}

describe('signals that ask for the end', () => {
  test.each<[string, Arrival[], string[]]>([
    ['one', [[5, 'SIGTERM']], ['stop']],
    [
      'the same twice at once',
      [
        [5, 'SIGTERM'],
        [7, 'SIGTERM'],
      ],
      ['stop', 'same'],
    ],
    [
      'two kinds at once',
      [
        [5, 'SIGINT'],
        [7, 'SIGTERM'],
        [9, 'SIGHUP'],
      ],
      ['stop', 'same', 'same'],
    ],
    [
      'just within',
      [
        [5, 'SIGINT'],
        [4 + ONE_WISH_MS, 'SIGINT'],
      ],
      ['stop', 'same'],
    ],
    [
      'just beyond',
      [
        [5, 'SIGINT'],
        [5 + ONE_WISH_MS, 'SIGINT'],
      ],
      ['stop', 'end'],
    ],
    [
      'another kind later',
      [
        [0, 'SIGHUP'],
        [3000, 'SIGTERM'],
      ],
      ['stop', 'end'],
    ],
    // each soon after the one before
    [
      'a key held down',
      [
        [0, 'SIGINT'],
        [600, 'SIGINT'],
        [1200, 'SIGINT'],
      ],
      ['stop', 'same', 'end'],
    ],
  ])('%s', (_, arrivals, expected) => {
    expect(meanings(arrivals)).toEqual(expected);
  });

  test('a hangup does not count for what was started to outlive its terminal, nor for the next signal', () => {
    const arrivals: Arrival[] = [
      [0, 'SIGHUP'],
      [5000, 'SIGTERM'],
      [5001, 'SIGHUP'],
      [7000, 'SIGTERM'],
    ];
    expect(meanings(arrivals, false)).toEqual(['stay', 'stop', 'stay', 'end']);
  });

  test('their exit codes', () => {
    expect([129, 130, 143, 0, 1, 2, 75].map(stopSignalOf)).toEqual([
      'SIGHUP',
      'SIGINT',
      'SIGTERM',
      null,
      null,
      null,
      null,
    ]);
  });
});

test('signals that warn ask for a checkpoint each, but not on the way to the end, and are no wish for it', () => {
  const arrivals: Arrival[] = [
    [0, 'SIGUSR1'],
    [1, 'SIGUSR2'],
    [2000, 'SIGTERM'],
    [2001, 'SIGUSR1'],
  ];
  expect(meanings(arrivals)).toEqual(['checkpoint', 'checkpoint', 'stop', 'same']);
});
