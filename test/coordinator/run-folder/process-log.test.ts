// log.json: what a process keeps, how processes follow each other, and what a report tells of them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { whatHappened, whereItRan } from '../../../coordinator/report/run-story.ts';
import { inOrder, type ProcessLog, ProcessLogger } from '../../../coordinator/run-folder/process-log.ts';
import { appended, type RunLog, RunLogFile, readLog } from '../../../coordinator/run-folder/run-log-file.ts';

const recorded = (record: ProcessLogger, resumed = false) => record.log('1.2.3', 2, false, false, resumed);

describe('the record of a process', () => {
  it('keeps the first and the last of many events, and says how many it does not', () => {
    const record = new ProcessLogger(() => 1);
    for (let i = 0; i < 1234; i++) record.add({ type: 'info', message: String(i) });
    const { events, omitted } = recorded(record);
    expect([events.length, omitted]).toEqual([1000, 234]);
    expect([events[0]?.message, events[499]?.message, events.at(-1)?.message]).toEqual(['0', '499', '1233']);
  });

  it('keeps the first word on its end', () => {
    const record = new ProcessLogger(() => 1);
    expect(recorded(record).ended).toBeNull();
    record.end('The disk is full', 1);
    record.end('done', 0);
    expect(recorded(record)).toMatchObject({ ended: 'The disk is full', exitCode: 1 });
  });
});

describe('processes one after the other', () => {
  const at = (started: string, ...seconds: number[]): ProcessLog => ({
    ...recorded(new ProcessLogger(() => 1)),
    started,
    events: seconds.map((each) => ({ seconds: each, level: 'info', message: 'x' })),
  });

  it('stay as they are where the clock went on', () => {
    const [first, second] = [at('2026-01-01T10:00:00.000Z', 3, 90), at('2026-01-01T10:01:30.000Z')];
    expect(inOrder([first], second)).toEqual([first, second]);
    expect(inOrder([], second)).toEqual([second]);
    expect(inOrder([at('no time', 3)], second)[1]).toEqual(second);
    expect(inOrder([at('2026-01-01T10:00:00.000Z', 1e300)], second)[1]).toEqual(second);
  });

  it('never go back in time, and say where the clock did', () => {
    const first = at('2026-01-01T10:00:00.000Z', 3, 90);
    const [, second] = inOrder([first], at('2026-01-01T09:00:00.000Z', 1));
    expect(second).toMatchObject({ started: '2026-01-01T10:01:30.000Z', clockShiftSeconds: 3690 });
    const { rows } = whatHappened([first, second!]);
    expect(rows?.map(([, text]) => text)).toContainEqual(expect.stringContaining('clock stood 3690 s before'));
  });
});

describe('log.json', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-log-'));
  });
  afterEach(async () => await rm(folder, { recursive: true, force: true }));

  it('grows with a process, and goes on with the next', async () => {
    const first = new ProcessLogger(() => 0);
    const file = new RunLogFile(folder, null, () => recorded(first));
    file.save();
    first.add({ type: 'warning', message: 'late' });
    file.save();
    await file.finish();
    expect((await readLog(folder)).processes).toEqual([recorded(first)]);
    const second = new ProcessLogger(() => 0);
    await new RunLogFile(folder, folder, () => recorded(second, true)).finish();
    expect((await readLog(folder)).processes).toEqual([recorded(first), recorded(second, true)]);
  });

  it.each(['not JSON', '[]', '{"processes": 3}'])('that is damaged (%s) stops nothing', async (text) => {
    await writeFile(join(folder, 'log.json'), text);
    const record = new ProcessLogger(() => 1);
    const told: string[] = [];
    await new RunLogFile(
      folder,
      folder,
      () => recorded(record, true),
      (message) => told.push(message),
    ).finish();
    expect((await readLog(folder)).processes).toEqual([recorded(record, true)]);
    expect(told).toEqual([expect.stringMatching(/log\.json cannot be used: .*; it begins anew/)]);
  });
});

it('log.json of a run that was resumed very often keeps the first process and the last, and says how many it does not', () => {
  const named = (started: string) => ({ ...recorded(new ProcessLogger(() => 1), true), started });
  let log: RunLog = { processes: [], omitted: 0 };
  for (let i = 1; i <= 250; i++) log = appended(log, named(`T${i}`));
  expect([log.processes.length, log.omitted]).toEqual([100, 150]);
  expect(log.processes.map(({ started }) => started)).toEqual([
    'T1',
    ...Array.from({ length: 99 }, (_, i) => `T${152 + i}`),
  ]);
  const { text, rows } = whatHappened(log.processes, log.omitted);
  expect(text).toContain('Computed by 250 processes');
  expect(rows).toContainEqual(['', '150 processes more were not kept.']);
  expect(rows).toContainEqual(['Process 250', expect.stringContaining('Begun T250')]);
  expect(whereItRan(log.processes, log.omitted).at(-1)![0]).toBe('Process 250');
});

it('says who computed which steps, from a change to the next, also where the run went back', () => {
  const record = new ProcessLogger(() => 1);
  const node = (workerId: number) => ({ level: 3, index: 0, workerId });
  for (const [step, workerId] of [
    [0, 1],
    [40, 2],
    [30, 3],
  ] as const) {
    record.add({ type: 'nodesComputed', step, nodes: [node(workerId)] });
  }
  expect(recorded(record).computed).toEqual([
    { from: 0, to: 39, nodes: '3/0:1' },
    { from: 40, to: 40, nodes: '3/0:2' },
    { from: 30, to: null, nodes: '3/0:3' },
  ]);
  expect(recorded(new ProcessLogger(() => 1)).computed).toBeUndefined();
});
