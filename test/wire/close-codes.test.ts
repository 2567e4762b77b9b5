import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeCodes, closeName, closeReason, reactionTo } from '../../src/wire/close-codes.ts';
import { afterCoordinatorMessage, afterNodeMessage, type ConnectionState } from '../../src/wire/connection-state.ts';
import { PROTOCOL_VERSION } from '../../src/wire/limits.ts';
import { coordinatorMessages, nodeMessages, outcome } from './support.ts';

const protocol = readFileSync(new URL('../../src/wire/PROTOCOL.md', import.meta.url), 'utf8');
const rows = protocol.split('\n').filter((line) => line.startsWith('| '));

describe('close codes', () => {
  it('are those of PROTOCOL.md, with sender and reaction', () => {
    const listed = rows.flatMap((row) => {
      const [, code, name, by, , then] = row.split('|').map((cell) => cell.trim());
      return /^4\d\d\d$/.test(code!) ? [[name, Number(code), by, then]] : [];
    });
    const senders = { coordinator: 'C', node: 'N', either: 'C N' };
    const reactions = { 'end-done': 'end 0', 'end-failed': 'end 1', 'end-refused': 'end 2', retry: 'retry' };
    const ours = Object.entries(closeCodes).map(([name, { code, sentBy, reaction }]) => [
      name,
      code,
      senders[sentBy],
      name === 'leaving' ? 'end 129, 130 or 143' : reactions[reaction],
    ]);
    expect(listed).toEqual(ours);
  });

  it('are distinct and in the private range', () => {
    const codes = Object.values(closeCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => code >= 4000 && code <= 4999)).toBe(true);
  });

  it('have names, and others mean trying again', () => {
    for (const sender of ['coordinator', 'node'] as const) {
      expect(closeName(4010, sender)).toBe('heartbeatTimeout');
      expect(closeName(1006, sender)).toBeUndefined();
      expect(reactionTo(1006, sender)).toBe('retry');
      expect(reactionTo(1009, sender)).toBe('retry');
    }
    expect(reactionTo(4000, 'coordinator')).toBe('end-done');
    expect(reactionTo(4023, 'coordinator')).toBe('end-refused');
  });

  it('mean nothing from the end that may not send them', () => {
    for (const [name, { code, sentBy, reaction }] of Object.entries(closeCodes)) {
      for (const sender of ['coordinator', 'node'] as const) {
        const may = sentBy === 'either' || sentBy === sender;
        expect(closeName(code, sender), name).toBe(may ? name : undefined);
        expect(reactionTo(code, sender), name).toBe(may ? reaction : 'retry');
      }
    }
  });

  it('have reasons that forge no line and move no cursor', () => {
    expect(closeReason('\x1b[2Ja\r\nWarning: forged\u202eb\u009b')).toBe('\\x1b[2Ja Warning: forged\\u202eb\\x9b');
  });

  it('have reasons of at most 123 bytes, cut between characters', () => {
    expect(closeReason('short')).toBe('short');
    expect(closeReason('x'.repeat(123))).toBe('x'.repeat(123));
    expect(closeReason('x'.repeat(124))).toBe(`${'x'.repeat(120)}…`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (reason) => {
        const short = closeReason(reason);
        expect(Buffer.byteLength(short)).toBeLessThanOrEqual(123);
        if (reason.isWellFormed()) expect(short.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('connection states', () => {
  const cell = (state: string, column: 2 | 3) =>
    rows.map((row) => row.split('|').map((text) => text.trim())).find(([, first]) => first === state)![column]!;

  it.each([
    'greeting',
    'greeted',
    'welcomed',
    'loading',
    'member',
    'leaving',
  ] as const)('allow in %s what PROTOCOL.md says', (state: ConnectionState) => {
    for (const { type } of nodeMessages) {
      const due = outcome(() => afterNodeMessage(state, type)) === 'accepted';
      expect(due, type).toBe(new RegExp(`(^|\\W)${type}(\\W|$)`).test(cell(state, 2)));
    }
    for (const { type } of coordinatorMessages) {
      const due = outcome(() => afterCoordinatorMessage(state, type)) === 'accepted';
      expect(due, type).toBe(new RegExp(`(^|\\W)${type}(\\W|$)`).test(cell(state, 3)));
    }
  });

  it('lead from greeting to leaving', () => {
    let state: ConnectionState = 'greeting';
    state = afterNodeMessage(state, 'hello');
    expect(state).toBe('greeted');
    state = afterCoordinatorMessage(state, 'welcome');
    state = afterNodeMessage(state, 'need-data');
    state = afterCoordinatorMessage(state, 'data');
    expect(state).toBe('loading');
    state = afterNodeMessage(state, 'ready');
    state = afterCoordinatorMessage(state, 'step');
    expect(state).toBe('member');
    state = afterNodeMessage(state, 'goodbye');
    state = afterNodeMessage(state, 'tree-node');
    expect(state).toBe('leaving');
    expect(outcome(() => afterNodeMessage(state, 'goodbye'))).toBe('outOfOrder');
  });
});

it('the contract is of the version that the program speaks, and lists it', () => {
  expect(protocol).toContain(`\nVersion ${PROTOCOL_VERSION}. This page is the contract`);
  const rows = [...protocol.matchAll(/^\| (\d+) +\| \S/gm)].map(([, version]) => Number(version));
  expect(rows.filter((version) => version < 1000)).toEqual(Array.from({ length: PROTOCOL_VERSION }, (_, i) => i + 1));
});
