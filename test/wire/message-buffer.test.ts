// Memory that messages use in turn: never that of one that is still on its way.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/wire/codec.ts';
import { lengthOf, ReceiveBuffer, SendBuffers } from '../../src/wire/message-buffer.ts';
import { messagePieces } from '../../src/wire/write-message.ts';
import { messageBytes } from '../support/frames.ts';
import { nodeMessages } from './support.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

describe('ReceiveBuffer', () => {
  it('joins any pieces of any messages, one after the other', () => {
    const buffer = new ReceiveBuffer();
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 6 }), (pieces) => {
        expect(lengthOf(pieces)).toBe(pieces.flatMap((piece) => [...piece]).length);
        expect([...buffer.join(pieces)]).toEqual(pieces.flatMap((piece) => [...piece]));
      }),
    );
  });

  it('uses its memory again', () => {
    const buffer = new ReceiveBuffer();
    const first = buffer.join([new Uint8Array(300), new Uint8Array(200)]);
    expect(buffer.join([new Uint8Array(100), new Uint8Array(50)]).buffer).toBe(first.buffer);
  });
});

describe('SendBuffers', () => {
  it('holds the bytes of each message', () => {
    const buffers = new SendBuffers();
    for (const message of nodeMessages) {
      const { bytes: sent, sent: gone } = buffers.fill(messagePieces(message));
      expect(decodeFrame(sent)).toEqual(decodeFrame(messageBytes(message)));
      gone();
    }
  });

  it('writes over none that has not gone out, in whatever order they go', () => {
    const message = fc.tuple(bytes, fc.option(bytes), fc.nat(3));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const buffers = new SendBuffers();
        const waiting: { is: Uint8Array; was: number[]; gone: () => void }[] = [];
        for (const [head, payload, leave] of messages) {
          const { bytes: is, sent: gone } = buffers.fill({ head, payload });
          waiting.push({ is, was: [...head, ...(payload ?? [])], gone });
          for (const one of waiting) expect([...one.is]).toEqual(one.was);
          if (leave > 0 && waiting.length >= leave) waiting.splice(leave - 1, 1)[0]!.gone();
        }
      }),
    );
  });

  it('uses a buffer again that has gone out', () => {
    const buffers = new SendBuffers();
    const first = buffers.fill({ head: new Uint8Array(8), payload: new Uint8Array(1000) });
    first.sent();
    const second = buffers.fill({ head: new Uint8Array(9), payload: new Uint8Array(1000) });
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
  });
});
