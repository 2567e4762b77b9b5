// What a report tells of the processes that computed a run.

import { describe, expect, it } from 'vitest';
import { whatHappened, whereItRan } from '../../../coordinator/report/run-story.ts';
import type { ProcessLog } from '../../../coordinator/run-folder/process-log.ts';

describe('the story of a run', () => {
  const environment = {
    program: '1.2.3',
    node: 'v20',
    system: 'linux x64',
    processor: 'P',
    cores: 2,
    memoryBytes: 2 ** 30,
    threads: 2,
    nodes: false,
  };
  const one: ProcessLog = { started: 'T', resumed: false, environment, events: [], omitted: 0, ended: 'done' };

  it('is short where nothing happened', () => {
    expect(whatHappened([])).toEqual({ text: expect.stringMatching(/no log.json/) });
    expect(whatHappened([one])).toEqual({ text: 'Computed by 2 threads of this machine. Nothing happened to them.' });
    expect(whereItRan([one])[0]).toEqual(['Started', 'T']);
  });

  it('tells of every process, how it ended, and what is not known', () => {
    const events = [{ seconds: 1.25, level: 'warning' as const, message: 'worker 2 left' }];
    const killed = { ...one, resumed: true, events, omitted: 3, ended: null };
    const { text, rows } = whatHappened([killed, { ...one, environment: { ...environment, threads: 0, nodes: true } }]);
    expect(text).toMatch(/^Computed by 2 processes, .* processes of which nothing is known\.$/);
    expect(rows).toEqual([
      ['Process 1', 'Begun T: 2 threads of this machine.'],
      ['1.3 s', 'worker 2 left'],
      ['', '3 more, in the middle of these, were not kept.'],
      ['', 'How it ended is not known: it was killed, or its machine stopped.'],
      ['Process 2', 'Begun T: nodes that joined over the network.'],
      ['', 'It finished the run.'],
    ]);
    expect(whereItRan([killed, one])).toHaveLength(2);
  });
});
