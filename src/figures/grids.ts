// Grids of images with a caption under each, and the samples of every class.

import type { ClassNames } from '../text/class-label.ts';
import { drawnLabel, widestLabel } from './class-letters.ts';
import { type Drawing, label, type Shape } from './drawing.ts';

/** Of a class beside its row. */
const NAME_ROOM = 140;

export interface Tile {
  readonly pixels: Uint8Array;
  /** Up to two lines. */
  readonly caption: readonly string[];
}

export interface GridOptions {
  readonly name: string;
  readonly title: string;
  /** Pixels of an image's row. */
  readonly imageColumns: number;
  readonly tilesAcross: number;
}

export function grid(tiles: readonly Tile[], { name, title, imageColumns, tilesAcross }: GridOptions): Drawing {
  const [side, gap] = [64, 22];
  const lines = Math.max(0, ...tiles.map(({ caption }) => caption.length));
  const pitch = { x: side + gap, y: side + 16 + 16 * lines };
  const shapes = tiles.flatMap(({ pixels, caption }, i): Shape[] => {
    const x = 16 + (i % tilesAcross) * pitch.x;
    const y = 12 + Math.floor(i / tilesAcross) * pitch.y;
    return [
      { kind: 'image', x, y, width: side, height: side, columns: imageColumns, pixels },
      ...caption.map((text, line) =>
        label(x + side / 2, y + side + 15 + 15 * line, text, {
          size: 12,
          fill: line === 0 ? 'ink' : 'muted',
          anchor: 'middle',
        }),
      ),
    ];
  });
  const rows = Math.max(1, Math.ceil(tiles.length / tilesAcross));
  if (tiles.length === 0) shapes.push(label(16, 40, 'none', { fill: 'muted' }));
  return { name, title, width: 10 + tilesAcross * pitch.x + 6, height: 10 + rows * pitch.y, shapes };
}

export interface ClassSamples {
  readonly label: number;
  readonly plain: readonly Uint8Array[];
  readonly augmented: readonly Uint8Array[];
}

/** A row a class: images as they are on the left, the same as augmented on the right, if they are, in `epoch`. */
export function sampleChart(
  classes: readonly ClassSamples[],
  imageColumns: number,
  epoch: number,
  names: ClassNames = null,
): Drawing {
  const [side, pitch] = [44, 50];
  const across = Math.max(1, ...classes.map(({ plain }) => plain.length));
  // names need more room than numbers
  const size = names === null ? 16 : 13;
  const left = names === null ? 60 : 60 + Math.max(0, widestLabel(names, names.length, size, NAME_ROOM) - 14);
  const right = left + across * pitch + 34;
  const augments = classes.some(({ augmented }) => augmented.length > 0);
  const shapes: Shape[] = [
    label(left, 28, 'As they are', { size: 14 }),
    ...(augments
      ? [label(right, 28, `As augmented in ${epoch === 0 ? 'the first epoch' : `epoch ${epoch + 1}`}`, { size: 14 })]
      : []),
    label(18, 42 + (classes.length * pitch) / 2, 'Label', { size: 14, anchor: 'middle', turned: true }),
  ];
  classes.forEach(({ label: name, plain, augmented }, row) => {
    const y = 42 + row * pitch;
    shapes.push(label(left - 20, y + side / 2 + 6, drawnLabel(names, name, size, NAME_ROOM), { size, anchor: 'end' }));
    const place = (images: readonly Uint8Array[], x: number) =>
      images.forEach((pixels, i) => {
        shapes.push({ kind: 'image', x: x + i * pitch, y, width: side, height: side, columns: imageColumns, pixels });
      });
    place(plain, left);
    place(augmented, right);
  });
  const width = augments ? Math.max(right + across * pitch + 14, right + 230) : Math.max(right, left + 120);
  return { name: 'samples', title: 'Sample images of every class', width, height: 50 + classes.length * pitch, shapes };
}
