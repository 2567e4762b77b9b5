// A coordinator that asks for what there is not: the node closes with a named code and ends as the protocol's table says,
// before its threads have seen any of it.

import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { LockstepError } from '../../src/errors.ts';
import { DATA_PIECE_BYTES } from '../../src/wire/limits.ts';
import type { Welcome } from '../../src/wire/messages.ts';
import { packChanged } from '../../src/wire/top-bytes.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { type NodeSetup, startNode, type TestNode } from '../support/nodes.ts';
import { type RawCoordinator, rawCoordinator } from '../support/raw-coordinator.ts';
import { RawNode } from '../support/raw-node.ts';

let digits: Digits;
let welcome: Welcome;
beforeAll(async () => {
  digits = await makeDigits(700, 300);
  // 8 shards; one part of validation, two of test
  welcome = await withCluster({ ...digits.short, valSize: 60 }, async ({ url }) => (await RawNode.open(url)).greet());
});
afterAll(() => digits.remove());

async function welcomed(change: object, setup: NodeSetup = {}): Promise<[RawCoordinator, TestNode]> {
  const coordinator = await rawCoordinator();
  const node = startNode(coordinator.url, { data: digits.data, retryForMs: 0, ...setup });
  onTestFinished(async () => {
    node.leave();
    await coordinator.close();
    await node.ended;
  });
  await coordinator.hear('hello');
  const { type: _, payload: __, ...fields } = welcome as Welcome & { payload: Uint8Array };
  coordinator.say({ type: 'welcome', ...fields, ...change });
  return [coordinator, node];
}

test.each<[string, object, string, number]>([
  ['a heartbeat every 0 ms', { heartbeatIntervalMs: 0 }, '4032 badField', 1],
  ['a heartbeat every half millisecond', { heartbeatIntervalMs: 0.5 }, '4032 badField', 1],
  ['patience of less than a heartbeat', { coordinatorTimeoutMs: 2 }, '4032 badField', 1],
  ['patience of 0 ms', { coordinatorTimeoutMs: 0 }, '4032 badField', 1],
  ['a field that the protocol had once', { shards: 8 }, '4032 badField', 1],
  ['shards that are no power of two', { configuration: { shards: 12 } }, '4025 doesNotFit', 2],
  ['a dataset of 2^40 bytes', { dataBytes: 2 ** 40 }, '4032 badField', 1],
  ['a dataset of 2^32 bytes', { dataBytes: 2 ** 32 }, '4032 badField', 1],
  ['another number of values', { valueCount: 4 }, '4025 doesNotFit', 2],
  ['a network beyond memory', { configuration: { hidden: new Array(8).fill(4096), shards: 64 } }, '4025 doesNotFit', 2],
  ['a validation split of everything', { configuration: { valSize: 2 ** 31 - 1, shards: 8 } }, '4025 doesNotFit', 2],
])('a welcome with %s', async (_, change, code, exitCode) => {
  const [coordinator, node] = await welcomed(change);
  expect(await coordinator.closedBy).toBe(code);
  expect((await node.ended).error).toMatchObject({ exitCode });
  expect(coordinator.heard.has('ready')).toBe(false);
});

/** The first piece of a dataset: what it says of training images, test images, rows, columns and classes, and nothing more. */
async function told(coordinator: RawCoordinator, numbers: readonly number[], total: number): Promise<void> {
  await coordinator.hear('need-data');
  const payload = new Uint8Array(Math.min(total, DATA_PIECE_BYTES));
  new Uint32Array(payload.buffer, 0, 5).set(numbers);
  coordinator.say({ type: 'data', offset: 0, total }, payload);
}

test('a dataset for which there is no memory', async () => {
  const real = WebAssembly.Memory;
  class Scarce extends real {
    constructor(asked: { initial: number; maximum: number; shared: boolean }) {
      if (asked.initial > 30_000) throw new RangeError('could not allocate memory');
      super(asked);
    }
  }
  WebAssembly.Memory = Scarce;
  onTestFinished(() => {
    WebAssembly.Memory = real;
  });
  const images = Math.floor(2 ** 31 / 785);
  const dataBytes = 20 + images * 785;
  const [coordinator, node] = await welcomed({ dataBytes, dataDigest: 'ab'.repeat(32) });
  await told(coordinator, [images - 300, 300, 28, 28, 10], dataBytes);
  expect(await coordinator.closedBy).toBe('4025 doesNotFit');
  expect((await node.ended).error).toMatchObject({
    code: 'ERR_LOCKSTEP_NO_MEMORY',
    exitCode: 2,
    why: expect.stringMatching(/MiB of memory cannot be had: the system refused them/),
  });
});

test.each([
  ['whose first bytes say that they are more than are coming', [700, 300, 28, 28, 10], 20 + 999 * 785],
  ['that ends before it says what it is', [], 19],
  ['without classes', [700, 300, 28, 28, 0], 20 + 1000 * 785],
])('a dataset %s, before room is made for it', async (_, numbers, dataBytes) => {
  const [coordinator, node] = await welcomed({ dataBytes, dataDigest: 'ab'.repeat(32) });
  if (dataBytes < 20) {
    await coordinator.hear('need-data');
    coordinator.say({ type: 'data', offset: 0, total: dataBytes }, new Uint8Array(dataBytes));
  } else await told(coordinator, numbers, dataBytes);
  expect(await coordinator.closedBy).toBe('4024 dataDigest');
  expect((await node.ended).error).not.toBe(null);
});

test('threads that this machine cannot start: its own reason and remedy, in full', async () => {
  const lack = new LockstepError({
    code: 'ERR_LOCKSTEP_NO_THREADS',
    what: 'No threads',
    why: 'long '.repeat(40),
    mend: 'raise the limit',
  });
  const startPool = () => {
    throw lack;
  };
  const [coordinator, node] = await welcomed({}, { wiring: { startPool } });
  expect(await coordinator.closedBy).toBe('4025 doesNotFit');
  expect((await node.ended).error).toMatchObject({
    exitCode: 2,
    why: `No threads: ${lack.why}`,
    mend: 'raise the limit',
  });
});

const step = { type: 'step', epoch: 0, step: 0, stepInEpoch: 0, attempt: 1, base: null };
const evaluate = { type: 'evaluate', epoch: 0, step: 0, split: 'test', attempt: 1, base: null };
const block = (level: number, index: number) => ({ level, index });

const asked: [string, object, string][] = [
  ['a block behind the tree', { ...step, blocks: [block(0, 8)] }, '4032 badField'],
  ['a block far behind the tree', { ...step, blocks: [block(0, 2 ** 30)] }, '4032 badField'],
  ['a block above the root', { ...step, blocks: [block(4, 0)] }, '4032 badField'],
  ['a block far above the root', { ...step, blocks: [block(30, 2 ** 30)] }, '4032 badField'],
  ['one good block and one behind the tree', { ...step, blocks: [block(2, 0), block(3, 1)] }, '4032 badField'],
  ['a block twice', { ...step, blocks: [block(1, 2), block(1, 2)] }, '4032 badField'],
  ['a block within another', { ...step, blocks: [block(0, 5), block(2, 1)] }, '4032 badField'],
  [
    'more blocks than shards',
    { ...step, blocks: Array.from({ length: 9 }, (_, i) => block(0, i % 8)) },
    '4032 badField',
  ],
  ['1,025 blocks', { ...step, blocks: new Array(1025).fill(block(0, 0)) }, '4032 badField'],
  ['no blocks', { ...step, blocks: [] }, '4032 badField'],
  ['a step beyond its epoch', { ...step, step: 10, stepInEpoch: 10, blocks: [block(3, 0)] }, '4032 badField'],
  ['a step before the run', { ...step, stepInEpoch: 1, blocks: [block(3, 0)] }, '4032 badField'],
  ['a part behind the test split', { ...evaluate, blocks: [block(0, 2)] }, '4032 badField'],
  ['parts beyond the test split', { ...evaluate, blocks: [block(2, 0)] }, '4032 badField'],
  ['a part twice', { ...evaluate, blocks: [block(0, 1), block(1, 0)] }, '4032 badField'],
  ['a part that only the test split has', { ...evaluate, split: 'validation', blocks: [block(0, 1)] }, '4032 badField'],
  ['a part of 2^60', { ...evaluate, blocks: [block(30, 2 ** 30)] }, '4032 badField'],
];

test.each(asked)('a node is asked for %s', async (_, message, code) => {
  const [coordinator, node] = await welcomed({});
  await coordinator.hear('ready');
  coordinator.say(message, new Uint8Array(4 * welcome.valueCount));
  expect(await coordinator.closedBy).toBe(code);
  const { error } = await node.ended;
  expect(error).toMatchObject({ exitCode: 1, why: expect.stringMatching(/^badField: /) });
  expect([node.steps, node.parts]).toEqual([[], { validation: 0, test: 0 }]);
});

describe('packed parameters', () => {
  const next = { ...step, step: 1, stepInEpoch: 1, attempt: 2, blocks: [block(3, 0)] };
  const nextParts = { ...evaluate, step: 1, attempt: 2, blocks: [block(0, 0)] };

  /** A node that has answered step 0, whose parameters were all 1; and these of step 1, packed. */
  async function atStepZero() {
    const [coordinator, node] = await welcomed({});
    await coordinator.hear('ready');
    const before = new Int32Array(new Float32Array(welcome.valueCount).fill(1).buffer);
    coordinator.say({ ...step, blocks: [block(3, 0)] }, new Uint8Array(before.buffer));
    await coordinator.hear('tree-node');
    const now = before.map((bits, i) => bits + (i % 50));
    const room = new Uint8Array(now.byteLength);
    return { coordinator, node, before, packed: room.subarray(0, packChanged(before, now, room)) };
  }

  it('rest on those of the step before', async () => {
    const { coordinator, node, packed } = await atStepZero();
    coordinator.say({ ...next, base: 0 }, packed);
    await coordinator.hear('tree-node', 2);
    coordinator.say({ ...nextParts, attempt: 3 });
    await coordinator.hear('evaluated');
    expect(node.steps).toEqual([0, 1]);
  });

  it.each<[string, object, string]>([
    ['the step before that', { ...next, step: 2, base: 1 }, '4036 wrongBase'],
    ['a later step', { ...next, base: 1 }, '4032 badField'],
    ['one long ago', { ...next, step: 9, base: 0 }, '4032 badField'],
    ['the step before that, to evaluate', { ...nextParts, step: 2, base: 1 }, '4036 wrongBase'],
    ['half a step', { ...next, base: 0.5 }, '4032 badField'],
  ])('are refused where they rest on %s', async (_, message, code) => {
    const { coordinator, node, packed } = await atStepZero();
    coordinator.say(message, packed);
    expect(await coordinator.closedBy).toBe(code);
    await node.ended;
    expect(node.steps).toEqual([0]);
  });

  it.each<[string, (packed: Uint8Array, before: Int32Array) => Uint8Array, string]>([
    ['nothing', () => new Uint8Array(0), '4033 badPayload'],
    ['a part', (packed) => packed.subarray(0, -1), '4033 badPayload'],
    ['a few bytes', (packed) => packed.subarray(0, 12), '4033 badPayload'],
    ['a byte more', (packed) => Buffer.concat([packed, new Uint8Array(1)]), '4033 badPayload'],
    ['as many bytes as they have plain', (_, before) => new Uint8Array(before.byteLength), '4033 badPayload'],
    ['what rests on others', (packed) => packed.map((byte, i) => (i === 0 ? byte ^ 1 : byte)), '4036 wrongBase'],
  ])('are refused where they are %s', async (_, change, code) => {
    const { coordinator, node, before, packed } = await atStepZero();
    coordinator.say({ ...next, base: 0 }, change(packed, before));
    expect(await coordinator.closedBy).toBe(code);
    await node.ended;
    expect(node.steps).toEqual([0]);
  });

  it('cannot be the first that a node is sent', async () => {
    const { packed } = await atStepZero();
    const [coordinator, node] = await welcomed({});
    await coordinator.hear('ready');
    coordinator.say({ ...next, base: 0 }, packed);
    expect(await coordinator.closedBy).toBe('4036 wrongBase');
    await node.ended;
    expect(node.steps).toEqual([]);
  });
});

test('threads do not die of what cannot be computed', async () => {
  const [coordinator, node] = await welcomed({}, { realThreads: true, threads: 2 });
  await coordinator.hear('ready');
  coordinator.say({ ...step, blocks: [block(30, 2 ** 30)] }, new Uint8Array(4 * welcome.valueCount));
  expect(await coordinator.closedBy).toBe('4032 badField');
  await node.ended;
  expect(node.log.count(/died/)).toBe(0);
});

test('what there is it answers: all shards one by one, and all parts', async () => {
  const [coordinator, node] = await welcomed({});
  await coordinator.hear('ready');
  const parameters = new Uint8Array(4 * welcome.valueCount);
  coordinator.say({ ...step, blocks: Array.from({ length: 8 }, (_, i) => block(0, 7 - i)) }, parameters);
  await coordinator.hear('tree-node', 8);
  coordinator.say({ ...evaluate, attempt: 2, blocks: [block(1, 0)] });
  await coordinator.hear('evaluated');
  expect(node.parts.test).toBe(2);
});

test('a node that is asked for a heartbeat a millisecond sends at most one in ten', async () => {
  const [coordinator] = await welcomed({ heartbeatIntervalMs: 1 });
  await coordinator.hear('heartbeat');
  const startedMs = performance.now();
  await coordinator.hear('heartbeat', 21);
  // 200 ms; the first of them may have been on its way
  expect(performance.now() - startedMs).toBeGreaterThan(150);
});
