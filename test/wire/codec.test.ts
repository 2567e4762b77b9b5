import fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeFrame, decodePieces, encodeHead } from '../../src/wire/codec.ts';
import { HEADER_BYTES } from '../../src/wire/limits.ts';
import { type NodeKnowledge, readCoordinatorMessage } from '../../src/wire/read-coordinator-message.ts';
import { nodeMessageReader } from '../../src/wire/read-node-message.ts';
import { walkHeader } from '../../src/wire/walker.ts';
import { encodeFrame, messageBytes } from '../support/frames.ts';
import { bytes, coordinatorMessages, known, nodeMessages, outcome, rawFrame, sizes } from './support.ts';

const reader = nodeMessageReader(sizes);
const readNode = (message: Uint8Array) => reader(decodeFrame(message));
const readCoordinator = (message: Uint8Array, knows: NodeKnowledge) =>
  readCoordinatorMessage(decodeFrame(message), knows);
const legal = [...nodeMessages, ...coordinatorMessages].map(messageBytes);

// Whatever is decoded below: no code is made from it.
const RealFunction = globalThis.Function;
let functionCalls = 0;
beforeEach(() => {
  functionCalls = 0;
  globalThis.Function = new Proxy(RealFunction, {
    construct: (target, args) => {
      functionCalls++;
      return Reflect.construct(target, args);
    },
    apply: (target, self, args) => {
      functionCalls++;
      return Reflect.apply(target, self, args);
    },
  });
});
afterEach(() => {
  globalThis.Function = RealFunction;
});

describe('frames', () => {
  it('round trip, at any address and with any payload', () => {
    const plain = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', maxDepth: 5 },
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.double().map((x) => (Object.is(x, -0) ? 0 : x)),
        fc.string({ unit: 'binary' }).filter((s) => s.isWellFormed()),
        fc.array(tie('value'), { maxLength: 5 }),
        tie('map'),
      ),
      map: fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        tie('value'),
        { maxKeys: 5, noNullPrototype: true },
      ),
    }));
    fc.assert(
      fc.property(plain.map, fc.uint8Array({ maxLength: 40 }), fc.nat(16), (header, payload, shift) => {
        const message = encodeFrame(header as object, payload);
        const moved = new Uint8Array(message.length + shift);
        moved.set(message, shift);
        const frame = decodeFrame(moved.subarray(shift));
        expect(frame.header).toEqual(header);
        expect(frame.payload).toEqual(payload);
        expect(frame.payload.buffer).toBe(moved.buffer);
        expect((frame.payload.byteOffset - shift) % 8).toBe(0);
        const head = encodeHead(header as object);
        expect(message.subarray(0, head.length)).toEqual(head);
      }),
      { numRuns: 1_000 },
    );
    expect(functionCalls).toBe(0);
  });

  it('mean the same in whatever pieces they come, and head and payload are not copied', () => {
    const payload = bytes(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const head = encodeHead({ type: 'x', n: 300 });
    const frame = decodePieces([head, payload]);
    expect(frame.payload).toBe(payload);
    const whole = encodeFrame({ type: 'x', n: 300 }, payload);
    const cuts = fc.uniqueArray(fc.nat(whole.length), { maxLength: 5 }).map((at) => at.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, (at) => {
        const pieces = [0, ...at].map((start, i) => whole.slice(start, at[i] ?? whole.length));
        const came = decodePieces(pieces);
        expect([came.header, ...came.payload]).toEqual([frame.header, ...payload]);
      }),
    );
    expect(() => decodePieces([])).toThrow('a message of 0 bytes');
  });

  it('lay a header out as PROTOCOL.md says', () => {
    expect(encodeFrame({ a: 1 }, bytes(9, 9))).toEqual(bytes(4, 0, 0, 0, 0x81, 0xa1, 'a', 1, 9, 9));
    expect(encodeFrame({ ab: 1 })).toEqual(bytes(5, 0, 0, 0, 0x81, 0xa2, 'ab', 1, 0, 0, 0, 0, 0, 0, 0));
  });

  it('refuse to write a header beyond the limit, and take one that just fits', () => {
    expect(() => encodeHead({ a: 'x'.repeat(HEADER_BYTES) })).toThrow(RangeError);
    const most = HEADER_BYTES - 1 - 2 - 5;
    expect(decodeFrame(encodeFrame({ a: 'x'.repeat(most + 2) })).payload.length).toBe(0);
  });

  it.each([
    ['nothing', bytes()],
    ['three bytes', bytes(1, 0, 0)],
    ['a header of 2 GB', rawFrame(bytes(0x80), bytes(), 2 ** 31)],
    ['a header of 4 GB', rawFrame(bytes(0x80), bytes(), 2 ** 32 - 1)],
    ['a header just too long', rawFrame(bytes(0x80), new Uint8Array(2 * HEADER_BYTES), HEADER_BYTES + 1)],
    ['a header longer than the message', rawFrame(bytes(0x80), bytes(), 9)],
    ['a header without its padding', bytes(1, 0, 0, 0, 0x80)],
    ['padding that is not zero', bytes(1, 0, 0, 0, 0x80, 0, 0, 1)],
    ['an empty header', rawFrame(bytes())],
    ['a header that is a list', rawFrame(bytes(0x90))],
    ['a header of JSON', rawFrame(bytes('{"type":"ready"}'))],
  ])('refuse %s', (_, message) => {
    expect(outcome(() => decodeFrame(message))).toBe('malformed');
  });

  it('never hand records to msgpackr, which would make code of them', () => {
    // The records extension: defines a structure and then uses it, over and over.
    const packr = new Packr({ useRecords: true, maxOwnStructures: 64 });
    const attack = packr.pack({ list: Array.from({ length: 200 }, (_, i) => ({ first: i, second: i })) });
    // Control: msgpackr alone, told not to use records, calls Function. If it ever stops to, the trap proves nothing.
    new Packr({ useRecords: false, mapsAsObjects: true }).unpack(attack);
    expect(functionCalls).toBeGreaterThan(0);
    functionCalls = 0;
    expect(outcome(() => decodeFrame(rawFrame(attack)))).toBe('malformed');
    expect(functionCalls).toBe(0);
  });

  it.each([
    ['Date', new Date(0)],
    ['Set', new Set([1])],
    ['RegExp', /x/],
    ['Error', new Error('x')],
    ['typed array', new Float32Array(2)],
    ['undefined', undefined],
    ['a BigInt of 2^70', 2n ** 70n],
  ])('refuse %s', (_, value) => {
    const packr = new Packr({ moreTypes: true, structuredClone: true, useRecords: false, useBigIntExtension: true });
    expect(outcome(() => decodeFrame(rawFrame(packr.pack({ value }))))).toBe('malformed');
  });
});

describe('fuzzing both readers', () => {
  const verdicts = new Map<string, number>();
  const feed = (message: Uint8Array) => {
    for (const read of [() => readNode(message), () => readCoordinator(message, known)]) {
      const verdict = outcome(read);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
  };
  /** Bytes of which many mean something to MessagePack. */
  const spicy = fc.oneof(
    fc.nat(255),
    fc.integer({ min: 0xc0, max: 0xdf }),
    fc.constantFrom(0x81, 0x91, 0xa1, 0xdf, 0xdd, 0xdb, 0xd4, 0xc7, 0x72, 0x40),
  );

  it('random bytes as message and as header: 10,000', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), feed), { numRuns: 5_000 });
    fc.assert(
      fc.property(fc.array(spicy, { maxLength: 100 }), fc.uint8Array({ maxLength: 30 }), (header, payload) =>
        feed(rawFrame(Uint8Array.from(header), payload)),
      ),
      { numRuns: 5_000 },
    );
    expect(functionCalls).toBe(0);
  });

  it('every truncation of every legal message', () => {
    for (const message of legal) {
      const short = message.subarray(0, 600);
      for (let length = 0; length < short.length; length++) feed(short.slice(0, length));
    }
    expect(functionCalls).toBe(0);
  });

  it('mutations of legal messages: 10,000', () => {
    const edit = fc.record({
      at: fc.nat(300),
      value: spicy,
      kind: fc.constantFrom('set', 'insert', 'delete', 'double'),
    });
    fc.assert(
      fc.property(fc.constantFrom(...legal), fc.array(edit, { minLength: 1, maxLength: 4 }), (message, edits) => {
        const mutant = [...message.subarray(0, 1_000)];
        for (const { at, value, kind } of edits) {
          const place = at % (mutant.length + 1);
          if (kind === 'set') mutant[place] = value;
          else if (kind === 'insert') mutant.splice(place, 0, value);
          else if (kind === 'delete') mutant.splice(place, 1);
          else mutant.splice(place, 0, ...mutant.slice(place, place + 8));
        }
        feed(Uint8Array.from(mutant));
      }),
      { numRuns: 10_000 },
    );
    expect(functionCalls).toBe(0);
    // Every way of being wrong was met, and some mutants were still legal.
    for (const verdict of ['accepted', 'malformed', 'unknownType', 'badField', 'badPayload']) {
      expect(verdicts.get(verdict), verdict).toBeGreaterThan(0);
    }
  });

  it('what the walker accepts, msgpackr decodes; and what it writes, the walker accepts', () => {
    let accepted = 0;
    const packr = new Packr({ useRecords: false });
    fc.assert(
      fc.property(fc.array(spicy, { maxLength: 12 }), (rest) => {
        const header = Uint8Array.from([0x81, 0xa1, 65, ...rest]);
        if (outcome(() => walkHeader(header)) !== 'accepted') return;
        accepted++;
        expect(Object.keys(packr.unpack(header))).toEqual(['A']);
      }),
      { numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(100);
    for (const message of legal) expect(() => decodeFrame(message)).not.toThrow();
    expect(functionCalls).toBe(0);
  });

  it('nested bombs and lengths of 2 GB take no time and no memory', () => {
    const before = process.memoryUsage().heapUsed;
    const start = process.cpuUsage();
    const bomb = new Uint8Array(HEADER_BYTES).fill(0x91);
    bomb.set([0x81, 0xa1, 65]);
    const long = bytes(0x81, 0xa1, 65, 0xdd, 0x7f, 0xff, 0xff, 0xff);
    for (let i = 0; i < 2_000; i++) {
      feed(rawFrame(bomb));
      feed(rawFrame(long));
      feed(rawFrame(bytes(0xdf, 0x7f, 0xff, 0xff, 0xff)));
      feed(rawFrame(bytes(0x80), bytes(), 2 ** 31));
    }
    // CPU time, in microseconds, so that a busy machine does not matter.
    expect(process.cpuUsage(start).user).toBeLessThan(5e6);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(300e6);
  });
});
