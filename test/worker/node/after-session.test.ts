// What a node does after a session: each close code of the coordinator, its own, and what a launch was told.

import { expect, test } from 'vitest';
import { ExitCode, LockstepError } from '../../../src/errors.ts';
import { closeCodes } from '../../../src/wire/close-codes.ts';
import { afterSession } from '../../../worker/node/after-session.ts';
import type { SessionEnd } from '../../../worker/node/session.ts';

const lost: SessionEnd = {
  code: 1006,
  byNode: false,
  reason: '',
  cause: null,
  joined: true,
  shardsDone: 1,
  samplesDone: 8,
  outcome: null,
};
const options = { url: 'ws://a:1', keepAlive: false, ofLaunch: false };
const told = (end: Partial<SessionEnd>, more: Partial<Parameters<typeof afterSession>[1]> = {}) =>
  afterSession({ ...lost, ...end }, { ...options, ...more });

test('a connection that was lost, whoever closed it, is tried again', () => {
  expect(told({})).toMatchObject({ kind: 'retry', joined: true });
  expect(told({ byNode: true, joined: false })).toMatchObject({ kind: 'retry', joined: false });
});

test('a run that is over ends the node, or is followed by the next', () => {
  const over = { code: closeCodes.runOver.code, reason: '' };
  expect(told(over)).toMatchObject({ kind: 'done', text: 'the run is over', exitCode: ExitCode.done });
  expect(told(over, { keepAlive: true })).toMatchObject({ kind: 'over' });
});

test.each([
  [0, ExitCode.done],
  [75, ExitCode.tryAgain],
  [99, ExitCode.runFailed],
])('a rank whose coordinator ends with %d ends with %d', (outcome, exitCode) => {
  expect(told({ outcome }, { ofLaunch: true })).toMatchObject({ kind: 'done', exitCode });
  expect(told({ outcome })).toMatchObject({ kind: 'retry' });
});

test('what no other attempt would mend is thrown, with what this machine lacks', () => {
  const lack = new LockstepError({
    code: 'ERR_LOCKSTEP_ENGINE_MISSING',
    what: 'no engine',
    why: 'gone',
    mend: 'get one',
  });
  const refused = { code: closeCodes.doesNotFit.code, reason: 'other', byNode: true, cause: lack };
  expect(() => told(refused)).toThrow(expect.objectContaining({ why: 'no engine: gone', mend: 'get one' }));
  expect(() => told({ ...refused, cause: null })).toThrow(
    expect.objectContaining({ code: 'ERR_LOCKSTEP_JOIN_REFUSED', exitCode: ExitCode.usage }),
  );
  expect(() => told({ code: closeCodes.falseAnswer.code })).toThrow(
    expect.objectContaining({ code: 'ERR_LOCKSTEP_PROTOCOL', exitCode: ExitCode.runFailed }),
  );
});
