import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/wire/codec.ts';
import { largestMessageBytes, PROTOCOL_VERSION } from '../../src/wire/limits.ts';
import { type NodeKnowledge, readCoordinatorMessage } from '../../src/wire/read-coordinator-message.ts';
import { nodeMessageReader } from '../../src/wire/read-node-message.ts';
import { messagePieces } from '../../src/wire/write-message.ts';
import { encodeFrame, messageBytes } from '../support/frames.ts';
import { coordinatorMessages, known, nodeMessages, outcome, sizes } from './support.ts';

const reader = nodeMessageReader(sizes);
const readNode = (message: Uint8Array) => reader(decodeFrame(message));
const readCoordinator = (message: Uint8Array, knows: NodeKnowledge) =>
  readCoordinatorMessage(decodeFrame(message), knows);
const ofNode = (type: string) => fieldsOf(nodeMessages, type);
const ofCoordinator = (type: string) => fieldsOf(coordinatorMessages, type);

function fieldsOf(messages: readonly { type: string }[], type: string): Record<string, unknown> {
  return { ...messages.find((message) => message.type === type) };
}

/** What the coordinator makes of a node's message with some fields changed; undefined removes a field. */
function node(type: string, change: Record<string, unknown>, payload?: Uint8Array): string {
  return outcome(() => readNode(changed(ofNode(type), change, payload)));
}

function coordinator(type: string, change: Record<string, unknown>, payload?: Uint8Array, knows = known): string {
  return outcome(() => readCoordinator(changed(ofCoordinator(type), change, payload), knows));
}

function changed(message: Record<string, unknown>, change: Record<string, unknown>, payload?: Uint8Array): Uint8Array {
  const { payload: own, ...fields } = message;
  const header = Object.entries({ ...fields, ...change }).filter(([, value]) => value !== undefined);
  return encodeFrame(Object.fromEntries(header), payload ?? (own as Uint8Array | undefined));
}

describe('legal messages', () => {
  it.each(nodeMessages.map((message) => [message.type, message] as const))('of a node come back: %s', (_, message) => {
    expect(readNode(messageBytes(message))).toEqual(message);
  });

  it.each(
    coordinatorMessages.map((message) => [message.type, message] as const),
  )('of a coordinator come back: %s', (_, message) =>
    expect(readCoordinator(messageBytes(message), known)).toEqual(message));

  it('in two pieces are the same bytes, and the payload is no copy', () => {
    for (const message of [...nodeMessages, ...coordinatorMessages]) {
      const { head, payload } = messagePieces(message);
      expect(Buffer.concat([head, payload ?? new Uint8Array(0)])).toEqual(Buffer.from(messageBytes(message)));
      if (payload !== null && 'payload' in message) expect(payload).toBe(message.payload);
    }
  });

  it('are within the largest message', () => {
    const values = new Uint8Array(4 * 109_516);
    const blocks = Array.from({ length: 1_024 }, () => ({ level: 30, index: 2 ** 30 }));
    const most = 2 ** 32 - 1;
    const task = { epoch: most, step: most, attempt: most, blocks, base: null, payload: values };
    expect(messageBytes({ type: 'step', stepInEpoch: 2 ** 32 - 1, ...task }).length).toBeLessThan(
      largestMessageBytes(109_516),
    );
    const sums = { lossSum: 0.1, correctCount: 2 ** 32 - 1, sampleCount: 2 ** 32 - 1 };
    const parts = Array.from({ length: 512 }, () => ({ part: 2 ** 32 - 1, ...sums }));
    const evaluated = { epoch: 0, step: 0, split: 'validation', attempt: 0, computeMs: 0.1, parts } as const;
    expect(messageBytes({ type: 'evaluated', ...evaluated }).length).toBeLessThan(65_536);
  });
});

const strange: [string, unknown][] = [
  ['nil', null],
  ['true', true],
  ['a string', '7'],
  ['a list', [1]],
  ['a map', { a: 1 }],
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['a fraction', 0.5],
  ['a negative number', -1],
  ['2^53', 2 ** 53],
];

describe('a bad field', () => {
  const everyField = [
    ...nodeMessages.map((m) => ['node', m] as const),
    ...coordinatorMessages.map((m) => ['coordinator', m] as const),
  ].flatMap(([side, message]) =>
    Object.keys(message)
      .filter((field) => field !== 'type' && field !== 'payload')
      .map((field) => [side, message.type, field] as const),
  );

  it.each(everyField)('%s: %s without %s', (side, type, field) => {
    expect((side === 'node' ? node : coordinator)(type, { [field]: undefined })).toBe('badField');
  });

  it.each(everyField)('%s: %s with a strange %s', (side, type, field) => {
    const read = side === 'node' ? node : coordinator;
    const allowed: Record<string, string[]> = {
      metricsPort: ['nil'],
      rank: ['nil'],
      wide: ['true'],
      packed: ['true'],
      base: ['nil'],
      name: ['a string'],
      run: ['a string'],
      reason: ['a string'],
      programVersion: ['a string'],
      engine: ['a string'],
      configuration: ['a map'],
      computeMs: ['a fraction'],
      lossSum: ['NaN', 'infinity', 'a fraction', 'a negative number', '2^53'],
    };
    for (const [what, value] of strange) {
      if (allowed[field]?.includes(what)) continue;
      const expected = field === 'protocolVersion' && what === 'a negative number' ? 'protocolVersion' : 'badField';
      expect(read(type, { [field]: value }), what).toBe(expected);
    }
  });

  it.each([...nodeMessages])('one more than there are: $type', ({ type }) => {
    expect(node(type, { more: 1 })).toBe('badField');
  });

  it.each([...coordinatorMessages])('one more than there are, from a coordinator: $type', ({ type }) => {
    expect(coordinator(type, { more: 1 })).toBe('badField');
  });

  it.each([
    ['threads', 'hello', { threads: 0 }],
    ['threads', 'hello', { threads: 1_025 }],
    ['a name of 65', 'hello', { name: 'x'.repeat(65) }],
    ['a name with a line feed', 'hello', { name: 'a\nWARN all is lost' }],
    ['a name with an escape', 'hello', { name: 'a\u001b[2J' }],
    ['a name that turns the line around', 'hello', { name: 'a\u202Eb' }],
    ['a name with a line separator', 'hello', { name: 'a\u2028b' }],
    ['an empty name', 'hello', { name: '' }],
    ['a digest in capitals', 'hello', { selfTest: 'AB'.repeat(32) }],
    ['a short digest', 'hello', { selfTest: 'ab' }],
    ['a level above the root', 'tree-node', { level: 4, index: 0 }],
    ['an index beyond the tree', 'tree-node', { level: 2, index: 2 }],
    ['a negative index', 'tree-node', { index: -1 }],
    ['more correct than there are', 'tree-node', { correctCount: 65 }],
    ['more samples than a batch', 'tree-node', { sampleCount: 129 }],
    ['step 2^32', 'tree-node', { step: 2 ** 32 }],
    ['negative time', 'tree-node', { computeMs: -0.5 }],
    ['no parts', 'evaluated', { parts: [] }],
    ['too many parts', 'evaluated', { parts: new Array(513).fill({}) }],
    ['another split', 'evaluated', { split: 'training' }],
    ['a part beyond the split', 'evaluated', { parts: [{ part: 40, lossSum: 0, correctCount: 0, sampleCount: 1 }] }],
    ['a part with too many', 'evaluated', { parts: [{ part: 1, lossSum: 0, correctCount: 0, sampleCount: 251 }] }],
    [
      'a part with a field more',
      'evaluated',
      { parts: [{ part: 1, lossSum: 0, correctCount: 0, sampleCount: 1, x: 1 }] },
    ],
    ['more correct in a part', 'evaluated', { parts: [{ part: 1, lossSum: 0, correctCount: 2, sampleCount: 1 }] }],
    ['a loss sum of 1e308', 'tree-node', { lossSum: 1e308 }],
    ['a loss sum far below zero', 'tree-node', { lossSum: -65 }],
    ['a loss of no samples', 'evaluated', { parts: [{ part: 1, lossSum: 1, correctCount: 0, sampleCount: 0 }] }],
    ['a loss sum of 1e41', 'evaluated', { parts: [{ part: 1, lossSum: 1e41, correctCount: 0, sampleCount: 9 }] }],
    ['a long reason', 'goodbye', { reason: 'x'.repeat(201) }],
    ['inherited fields', 'goodbye', { reason: undefined, toString: 1 }],
  ])('%s (%s)', (_, type, change) => expect(node(type, change)).toBe('badField'));

  it.each([
    ['no blocks', 'step', { blocks: [] }],
    ['too many blocks', 'step', { blocks: new Array(1_025).fill({ level: 0, index: 0 }) }],
    ['a block without an index', 'step', { blocks: [{ level: 0 }] }],
    ['a block with NaN', 'evaluate', { blocks: [{ level: Number.NaN, index: 0 }] }],
    ['a level of 31', 'step', { blocks: [{ level: 31, index: 0 }] }],
    ['NaN in the configuration', 'welcome', { configuration: { a: [{ b: Number.NaN }] } }],
    ['a dataset of nothing', 'welcome', { dataBytes: 0 }],
    ['a dataset of 2^32 bytes', 'welcome', { dataBytes: 2 ** 32 }],
    ['a heartbeat every 0 ms', 'welcome', { heartbeatIntervalMs: 0 }],
    ['less patience than a heartbeat', 'welcome', { coordinatorTimeoutMs: 2_499 }],
    ['data out of order', 'data', { offset: 0 }],
    ['data of another length', 'data', { total: 299_999 }],
  ])('%s (%s)', (_, type, change) => expect(coordinator(type, change)).toBe('badField'));

  it('is named, with what was wanted', () => {
    expect(() => readNode(changed(ofNode('hello'), { threads: 0 }))).toThrow(
      'hello.threads must be an integer from 1 to 1024, is 0',
    );
    expect(() => readNode(changed(ofNode('hello'), { name: 'a\u001b[31m\nb' }))).toThrow('is "a [31m b"');
    expect(() => readNode(changed(ofNode('evaluated'), { parts: [{ part: true }] }))).toThrow('evaluated.parts[0]');
  });
});

describe('a bad type', () => {
  it.each([
    ['none', {}],
    ['nil', { type: null }],
    ['a number', { type: 3 }],
    ['unknown', { type: 'shutdown' }],
    ['of the other direction', { type: 'step' }],
    ['of Object.prototype', { type: 'constructor' }],
    ['unprintable', { type: '\u001b[2J\n' }],
    ['very long', { type: 'x'.repeat(60_000) }],
  ])('%s', (_, header) => {
    expect(outcome(() => readNode(encodeFrame(header)))).toBe('unknownType');
    if (!('type' in header) || header.type !== 'step') {
      expect(outcome(() => readCoordinator(encodeFrame(header), known))).toBe('unknownType');
    }
  });
});

describe('a bad payload', () => {
  it.each([0, 1, 23, 25, 48])('of a tree node: %i bytes', (length) => {
    expect(node('tree-node', {}, new Uint8Array(length))).toBe('badPayload');
  });

  it.each([0, 24, 25, 48])('of a packed tree node: %i bytes', (length) => {
    expect(node('tree-node', { packed: true }, new Uint8Array(length))).toBe('badPayload');
  });

  it.each([0, 24, 25, 48])('of packed parameters: %i bytes', (length) => {
    expect(coordinator('step', { base: 41 }, new Uint8Array(length))).toBe('badPayload');
  });

  it('that rests on other parameters than the node has', () => {
    const packed = new Uint8Array(23);
    expect(coordinator('step', { base: 41 }, packed)).toBe('accepted');
    expect(coordinator('evaluate', { step: 42, base: 41 }, packed)).toBe('accepted');
    expect(coordinator('evaluate', { base: 41 }, packed)).toBe('badField');
    expect(coordinator('step', { step: 43, base: 42 }, packed)).toBe('wrongBase');
    expect(coordinator('step', { step: 43, base: 41 }, packed)).toBe('badField');
    expect(coordinator('step', { base: 41 }, packed, { ...known, parameterStep: null } as never)).toBe('wrongBase');
  });

  it.each([1, 23, 25, 48])('of a step: %i bytes', (length) => {
    expect(coordinator('step', {}, new Uint8Array(length))).toBe('badPayload');
  });

  it.each(nodeMessages.filter((m) => !('payload' in m)))('where there is none: $type', ({ type }) => {
    expect(node(type, {}, new Uint8Array(8))).toBe('badPayload');
  });

  it.each([0, 262_144, 37_855, 37_857])('of data: %i bytes', (length) => {
    expect(coordinator('data', {}, new Uint8Array(length))).toBe('badPayload');
  });

  it('parameters that are missing, and those that come before the welcome', () => {
    expect(coordinator('step', { step: 42 }, new Uint8Array(0))).toBe('badPayload');
    expect(coordinator('evaluate', { step: 40 }, new Uint8Array(0))).toBe('badPayload');
    expect(coordinator('evaluate', { step: 41 }, new Uint8Array(0))).toBe('accepted');
    const fresh = { ...known, parameterStep: null };
    expect(coordinator('step', { step: 41 }, new Uint8Array(0), fresh as never)).toBe('badPayload');
    expect(coordinator('step', {}, undefined, { ...known, valueCount: null } as never)).toBe('badPayload');
    expect(coordinator('step', { stepInEpoch: 42 })).toBe('accepted');
    expect(coordinator('step', { stepInEpoch: 43 })).toBe('badField');
  });
});

describe('another protocol version', () => {
  it('is told apart before its fields are read, and both are named', () => {
    const hello = encodeFrame({ type: 'hello', protocolVersion: PROTOCOL_VERSION + 1, brandNew: [1, 2] });
    expect(outcome(() => readNode(hello))).toBe('protocolVersion');
    expect(() => readNode(hello)).toThrow(
      `node speaks protocol ${PROTOCOL_VERSION + 1}, coordinator ${PROTOCOL_VERSION}`,
    );
    expect(node('hello', { protocolVersion: 1.5 })).toBe('badField');
  });
});

describe('whatever a header says', () => {
  it('ends in a message or a ProtocolError whose reason a close frame can hold', () => {
    const key = fc.constantFrom(...new Set([...nodeMessages, ...coordinatorMessages].flatMap((m) => Object.keys(m))));
    const type = fc.constantFrom(...nodeMessages.map((m) => m.type), ...coordinatorMessages.map((m) => m.type));
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }).filter((v) => !JSON.stringify(v).includes('__proto__')),
      fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -1, 'x'.repeat(500), '💥'.repeat(90)),
    );
    fc.assert(
      fc.property(type, fc.dictionary(key, value), fc.uint8Array({ maxLength: 30 }), (name, fields, payload) => {
        const { payload: _, ...legalFields } = fieldsOf([...nodeMessages, ...coordinatorMessages], name);
        const message = encodeFrame({ ...legalFields, ...fields }, payload);
        expect(() => decodeFrame(message)).not.toThrow();
        for (const read of [() => readNode(message), () => readCoordinator(message, known)]) {
          try {
            read();
          } catch (error) {
            expect(error).toMatchObject({ name: 'ProtocolError', closeName: expect.any(String) });
            expect(Buffer.byteLength((error as { reason: string }).reason)).toBeLessThanOrEqual(123);
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
