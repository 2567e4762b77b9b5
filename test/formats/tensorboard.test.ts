// Event files: checksums by published vectors, records by a reader that shares no code with the writer.

import { describe, expect, it, test } from 'vitest';
import {
  imageRecord,
  scalarsRecord,
  sessionEndRecord,
  sessionStartRecord,
  startRecord,
  textRecord,
  versionRecord,
} from '../../src/formats/tensorboard.ts';
import { crc32c, masked, tfRecord } from '../../src/formats/tfrecord.ts';
import { readEvents } from '../support/event-files.ts';

describe('checksums', () => {
  const counting = Uint8Array.from({ length: 32 }, (_, i) => i);
  // RFC 3720, B.4, and the check value of the catalogue of CRCs
  test.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', counting, 0x46dd794e],
    ['31 to 0', counting.toReversed(), 0x113fdb5c],
    ['123456789', new TextEncoder().encode('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(), 0],
  ])('%s', (_, bytes, crc) => expect(crc32c(bytes)).toBe(crc));

  it('are masked', () => {
    // of TensorFlow's crc32c.h: rotated by 15 bits, and 0xa282ead8 added
    expect(masked(0)).toBe(0xa282ead8);
    expect(masked(0xffffffff)).toBe(0xa282ead7);
    expect(masked(1)).toBe(0xa284ead8);
  });
});

describe('records', () => {
  const at = { seconds: 1795835352.25, step: 4_000_000_000 };

  it('begin as every event file does', () => {
    const bytes = versionRecord(at.seconds);
    // the first bytes of all of them: 24, and its checksum
    expect([...bytes.subarray(0, 13)]).toEqual([24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 9]);
    expect(readEvents(bytes)).toMatchObject([{ seconds: at.seconds, version: 'brain.Event:2' }]);
  });

  it('hold figures, among them such as are none', () => {
    const figures = new Map([
      ['loss/train', 0.25],
      ['loss/validation', Number.NaN],
      ['größe', Number.POSITIVE_INFINITY],
    ]);
    expect(readEvents(scalarsRecord(at, figures))).toMatchObject([{ ...at, version: null, scalars: figures }]);
  });

  it('hold texts, images and the beginning of a session', () => {
    const text = 'a\nb \u{1f600}';
    const png = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
    const image = { tag: 'report/x', width: 300, height: 2, png };
    const { tag, ...shown } = image;
    const bytes = [textRecord(at, 'about', text), imageRecord(at, image), startRecord(at)];
    const events = readEvents(Buffer.concat(bytes));
    expect(events.map(({ step }) => step)).toEqual([at.step, at.step, at.step]);
    expect(events[0]!.texts).toEqual(new Map([['about', text]]));
    expect(events[1]!.images).toEqual(new Map([[tag, shown]]));
    expect(events.map(({ start }) => start)).toEqual([false, false, true]);
  });

  it('hold what the HParams tab shows', () => {
    const hparams = new Map<string, string | number | boolean>([
      ['lr', 0.001],
      ['hidden', '128,64'],
      ['augment', true],
      ['transpose', false],
    ]);
    expect(readEvents(sessionStartRecord(at, hparams))[0]!.hparams).toEqual(hparams);
    expect([true, false].map((good) => readEvents(sessionEndRecord(at, good))[0]!.status)).toEqual([1, 2]);
  });

  it('tell when they are damaged or cut short', () => {
    const record = tfRecord(new TextEncoder().encode('some data'));
    for (let i = 0; i < record.length; i++) {
      const spoilt = Uint8Array.from(record, (byte, at) => (at === i ? byte ^ 64 : byte));
      expect(() => readEvents(spoilt), `byte ${i}`).toThrow(/damaged|cut short/);
    }
    expect(() => readEvents(record.subarray(0, -1))).toThrow(/cut short/);
  });
});
