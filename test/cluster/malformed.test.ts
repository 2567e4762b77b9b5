// Offenders against a live coordinator: each is closed with its own code, and the run goes on with the others, to the bit.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeMessage, Step, TreeNode } from '../../src/wire/messages.ts';
import { type Cluster, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { encodeFrame, messageBytes } from '../support/frames.ts';
import { nodeRunFor } from '../support/nodes.ts';
import { hello, RawNode } from '../support/raw-node.ts';
import { bytes, rawFrame } from '../wire/support.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

type Say = Uint8Array | string | NodeMessage;
type Offence = (step: Step) => readonly Say[];

/** Messages of the protocol with fields that it does not have, or values that they may not have. */
const wrong = (header: object, payload?: Uint8Array): Uint8Array => encodeFrame(header, payload);

/** As if it had been computed: only the address is looked at before the offence is found. */
function answer(step: Step, change: Partial<Record<keyof TreeNode, unknown>> = {}): Uint8Array {
  const { epoch, step: number, attempt, blocks } = step;
  const figures = { lossSum: 1, correctCount: 1, sampleCount: 64, computeMs: 1, packed: false };
  const { payload = new Uint8Array(step.payload.length), ...fields } = {
    ...{ type: 'tree-node', epoch, step: number, attempt, ...blocks[0]!, ...figures },
    ...change,
  };
  return encodeFrame(fields, payload as Uint8Array);
}

/** Of so many bytes, each of them `value`: first a bitmap, then rows. */
const packedAnswer = (step: Step, length: number, value = 0) =>
  answer(step, {
    ...{ packed: true, payload: new Uint8Array(length).fill(value) },
    // of 64 in 8 shards
    ...{ sampleCount: 8 * 2 ** step.blocks[0]!.level, correctCount: 0 },
  });

const deep = (levels: number) => bytes([0x81, 0xa1, 0x61], ...Array.from({ length: levels }, () => 0x91), 0xc0);

const beforeHello: readonly [string, string, () => Promise<readonly Say[]>][] = [
  ['random bytes', '4030 malformed', async () => [bytes(200, 17, 3, 99, 1, 2, 3, 4, 5, 6)]],
  ['nothing', '4030 malformed', async () => [bytes()]],
  ['half a hello', '4030 malformed', async () => [messageBytes(await hello()).subarray(0, 60)]],
  ['a text', '4030 malformed', async () => ['{"type":"hello"}']],
  ['a header of 2 GB', '4030 malformed', async () => [rawFrame(bytes(0x80), bytes(), 2 ** 31)]],
  ['a list of 2 GB', '4030 malformed', async () => [rawFrame(bytes([0x81, 0xa1, 0x61, 0xdd, 0x7f, 255, 255, 255]))]],
  ['a nested bomb', '4030 malformed', async () => [rawFrame(deep(60_000))]],
  ['a record', '4030 malformed', async () => [rawFrame(bytes([0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]))]],
  ['an unknown type', '4031 unknownType', async () => [wrong({ type: 'attack' })]],
  ['a message of the coordinator', '4031 unknownType', async () => [wrong({ type: 'welcome' })]],
  ['no type', '4031 unknownType', async () => [wrong({ threads: 1 })]],
  ['a heartbeat', '4034 outOfOrder', async () => [{ type: 'heartbeat' }]],
  ['ready', '4034 outOfOrder', async () => [{ type: 'ready' }]],
  ['a field too many', '4032 badField', async () => [wrong({ ...(await hello()), more: 1 })]],
  ['NaN threads', '4032 badField', async () => [wrong({ ...(await hello()), threads: Number.NaN })]],
  ['2^40 threads', '4032 badField', async () => [wrong({ ...(await hello()), threads: 2 ** 40 })]],
  ['a name of two lines', '4032 badField', async () => [wrong({ ...(await hello()), name: 'a\nb' })]],
  ['a hello with a payload', '4033 badPayload', async () => [wrong(await hello(), bytes(1, 2, 3))]],
  ['two hellos', '4034 outOfOrder', async () => [await hello(), await hello()]],
  ['a message beyond the limit', '1009', async () => [new Uint8Array(2 ** 20)]],
];

const whileWelcomed: readonly [string, string, readonly Say[]][] = [
  ['need-data when ready', '4034 outOfOrder', [{ type: 'ready' }, { type: 'need-data' }]],
  ['need-data twice', '4034 outOfOrder', [{ type: 'need-data' }, { type: 'need-data' }]],
  ['ready twice', '4034 outOfOrder', [{ type: 'ready' }, { type: 'ready' }]],
  ['work after goodbye', '4034 outOfOrder', [{ type: 'goodbye', reason: 'x' }, { type: 'ready' }]],
  ['a failure of nothing', '4034 outOfOrder', [{ type: 'attempt-failed', attempt: 1, reason: 'x' }]],
];

const whileWorking: readonly [string, string, Offence][] = [
  ['a tensor too short', '4033 badPayload', (step) => [answer(step, { payload: step.payload.subarray(4) })]],
  ['no tensor', '4033 badPayload', (step) => [answer(step, { payload: new Uint8Array(0) })]],
  ['a tensor that is not packed, as packed', '4033 badPayload', (step) => [answer(step, { packed: true })]],
  ['a packed tensor of nothing', '4033 badPayload', (step) => [packedAnswer(step, 0)]],
  ['a packed tensor that ends within its bitmap', '4033 badPayload', (step) => [packedAnswer(step, 8)]],
  ['a packed tensor with rows that it lacks', '4033 badPayload', (step) => [packedAnswer(step, 200, 1)]],
  ['a packed tensor with more than its rows', '4033 badPayload', (step) => [packedAnswer(step, 4000)]],
  ['a packed tensor with rows that there are not', '4033 badPayload', (step) => [packedAnswer(step, 4000, 255)]],
  ['a stale step', '4035 unsolicited', (step) => [answer(step, { step: step.step - 1 })]],
  ['a future step', '4035 unsolicited', (step) => [answer(step, { step: step.step + 1 })]],
  ['another epoch', '4035 unsolicited', (step) => [answer(step, { epoch: 9 })]],
  ['another attempt', '4035 unsolicited', (step) => [answer(step, { attempt: step.attempt + 1 })]],
  ['an attempt before its own', '4035 unsolicited', (step) => [answer(step, { attempt: 0 })]],
  ['a block that it was not given', '4035 unsolicited', (step) => [answer(step, { level: 0, index: 7 })]],
  ['a block outside the tree', '4032 badField', (step) => [answer(step, { level: 3, index: 7 })]],
  ['a level of NaN', '4032 badField', (step) => [answer(step, { level: Number.NaN })]],
  ['NaN samples', '4032 badField', (step) => [answer(step, { sampleCount: Number.NaN })]],
  ['other samples than there are', '4032 badField', (step) => [answer(step, { sampleCount: 63 })]],
  ['more correct than there are', '4032 badField', (step) => [answer(step, { correctCount: 65 })]],
  ['a time of NaN', '4032 badField', (step) => [answer(step, { computeMs: Number.NaN })]],
  [
    'an evaluation that nobody asked for',
    '4035 unsolicited',
    ({ epoch, step, attempt }) => [
      {
        ...{ type: 'evaluated', epoch, step, split: 'test', attempt, computeMs: 1 },
        parts: [{ part: 0, lossSum: 1, correctCount: 1, sampleCount: 1 }],
      },
    ],
  ],
  ['a failure', '4041 engineFailed', ({ attempt }) => [{ type: 'attempt-failed', attempt, reason: 'out of paper' }]],
  [
    'a failure of another attempt',
    '4035 unsolicited',
    ({ attempt }) => [{ type: 'attempt-failed', attempt: attempt + 1, reason: 'out of paper' }],
  ],
];

const FIRST = 2;

/**
 * A good node trains, and goes on by one step after each offence. It is held in the step meanwhile, so that its work is late
 * and given to the offender as well.
 */
async function offend(cluster: Cluster, offences: readonly (() => Promise<string>)[]): Promise<string[]> {
  const over = offences.map(() => gate());
  const beforeStep = ({ step }: { step: number }) => over[step - FIRST]?.promise;
  cluster.node({ name: 'good', data: digits.data, beforeStep });
  const found: string[] = [];
  for (const [i, offence] of offences.entries()) {
    await cluster.committed(FIRST + i - 1);
    found.push(await offence());
    over[i]!.open();
  }
  return found;
}

function send(node: RawNode, said: readonly Say[]): void {
  for (const one of said) {
    if (one instanceof Uint8Array || typeof one === 'string') node.socket.send(one);
    else node.say(one);
  }
}

const impatientStep = { limits: { step: { lateFactor: 1, lateFloorMs: 10, unmeasuredMs: 60_000 } } };

test('before hello', async () => {
  await withCluster(digits.short, async (cluster) => {
    const found = await offend(
      cluster,
      beforeHello.map(([name, , said]) => async () => {
        const node = await RawNode.open(cluster.url);
        send(node, await said());
        return `${name}: ${await node.closedBy()}`;
      }),
    );
    expect(found).toEqual(beforeHello.map(([name, code]) => `${name}: ${code}`));
    expect(await cluster.bits()).toEqual(await digits.baseline());
    // one line each, and all on one line
    const alone = cluster.log.of('turnedAway').filter(({ count }) => count === 0);
    expect(alone.length).toBeGreaterThanOrEqual(beforeHello.length - 2);
    expect(alone.filter(({ reason }) => !/^[^\n]+$/.test(reason))).toEqual([]);
  });
});

test('while welcomed', async () => {
  await withCluster(digits.short, async (cluster) => {
    const found = await offend(
      cluster,
      whileWelcomed.map(([name, , said]) => async () => {
        const node = await RawNode.open(cluster.url);
        await node.greet();
        send(node, said);
        return `${name}: ${await node.closedBy()}`;
      }),
    );
    expect(found).toEqual(whileWelcomed.map(([name, code]) => `${name}: ${code}`));
    expect(await cluster.bits()).toEqual(await digits.baseline());
  });
});

test('while working', async () => {
  const use = async (cluster: Cluster) => {
    const found = await offend(
      cluster,
      whileWorking.map(([name, , offence]) => async () => {
        const node = await RawNode.open(cluster.url);
        await node.greet();
        send(node, offence(await node.work()));
        return `${name}: ${await node.closedBy()}`;
      }),
    );
    expect(found).toEqual(whileWorking.map(([name, code]) => `${name}: ${code}`));
    expect(await cluster.bits()).toEqual(await digits.baseline());
    expect(cluster.log.of('workerLost').filter(({ name }) => name === 'raw')).toHaveLength(whileWorking.length);
  };
  await withCluster(digits.short, use, impatientStep);
});

test('an answer that comes twice: the first one counts, the second closes the connection', async () => {
  const use = async (cluster: Cluster) => {
    const [found] = await offend(cluster, [
      async () => {
        const node = await RawNode.open(cluster.url);
        const run = nodeRunFor(await node.greet(), digits.data);
        // it is new, and so is given one shard after the other
        let asked = await node.work();
        let nodes = await run.step(asked);
        for (let shard = 1; shard < 8; shard++) {
          for (const one of nodes) node.say(one);
          asked = (await node.take('step')) as unknown as Step;
          expect(asked.blocks).toHaveLength(1);
          nodes = await run.step(asked);
        }
        for (const one of nodes) node.say(one);
        await cluster.committed(FIRST);
        node.say(nodes.at(-1)!);
        return await node.closedBy();
      },
    ]);
    expect(found).toBe('4035 unsolicited');
    expect(await cluster.bits()).toEqual(await digits.baseline());
    expect(cluster.log.of('workerLate').filter(({ step }) => step === 2)).toMatchObject([{ workerId: 1 }]);
  };
  await withCluster(digits.short, use, impatientStep);
});
