// Pictures that Pillow wrote, as this program and as Pillow understand them: PNG to the byte, and so is every other size; JPEG
// to the few levels by which decoders of it differ.

import { describe, expect, it } from 'vitest';
import { toSize } from '../../src/image/to-size.ts';
import { trainingImage } from '../../src/image/training-image.ts';
import { withoutPython } from '../support/python-packages.ts';
import { output } from '../support/tools.ts';

interface Answers {
  readonly pictures: readonly { name: string; file: string; grey: string; rows: number; columns: number }[];
  readonly resized: readonly { rows: number; columns: number; grey: string }[];
}

/** How far two decoders of JPEG may lie apart, of 255. */
const jpegLevels = 2;

describe.skipIf(withoutPython('PIL', 'numpy'))('Pillow', () => {
  const answers = () => JSON.parse(output('python3', ['test/support/python/pillow-pictures.py'])) as Answers;

  it('makes the same of its pictures', () => {
    const { pictures, resized } = answers();
    for (const { name, file, grey, rows, columns } of pictures) {
      const ours = trainingImage(Buffer.from(file, 'base64'), { rows, columns, resized: false, grey: true });
      const theirs = Buffer.from(grey, 'base64');
      const apart = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
      expect(ours.length, name).toBe(theirs.length);
      expect(apart, name).toBeLessThanOrEqual(name.startsWith('JPEG') ? jpegLevels : 0);
    }
    const [first] = pictures;
    const grey = new Uint8Array(Buffer.from(first!.grey, 'base64'));
    const picture = { width: first!.columns, height: first!.rows, grey };
    for (const { rows, columns, grey } of resized) {
      const ours = toSize(picture, rows, columns).grey;
      expect(Buffer.from(ours).equals(Buffer.from(grey, 'base64')), `${rows}x${columns}`).toBe(true);
    }
  });
});
