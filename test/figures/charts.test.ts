// Charts and tiles as data, as pixels and as SVG.

import { describe, expect, it } from 'vitest';
import { classChart, curves, roundTicks, throughputChart } from '../../src/figures/charts.ts';
import { classFigures } from '../../src/figures/confusion.ts';
import { confusionChart } from '../../src/figures/confusion-chart.ts';
import { type Drawing, label, textWidth } from '../../src/figures/drawing.ts';
import { grid } from '../../src/figures/grids.ts';
import { Rasteriser } from '../../src/figures/raster.ts';
import { toSvg } from '../../src/figures/svg.ts';
import { tilesOf } from '../../src/figures/tiles.ts';
import { decodePicture } from '../../src/image/decode.ts';

describe('charts', () => {
  it('have round ticks that span the values', () => {
    expect(roundTicks(0, 0.93)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(roundTicks(0.704, 0.95)).toEqual([0.7, 0.75, 0.8, 0.85, 0.9, 0.95]);
    for (const [low, high] of [
      [0, 1e-9],
      [3, 3],
      [0, 0],
      [0.9812, 0.9813],
      [0, 214_748],
    ] as const) {
      const ticks = roundTicks(low, high);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks[0]).toBeLessThanOrEqual(low);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(high);
    }
  });

  it('stand within their frames, whatever the values', () => {
    const series = (values: (number | null)[]) => [
      { name: 'Training', role: 'first' as const, values },
      { name: 'Validation', role: 'second' as const, values: values.map(() => null) },
    ];
    const confusion = Array.from({ length: 40 }, (_, r) =>
      Array.from({ length: 40 }, (_, c) => (r === c ? 12_345 : 0)),
    );
    const drawings: Drawing[] = [
      curves([{ title: 'Loss', percent: false, series: series([1]) }]),
      curves([{ title: 'Loss', percent: true, series: series(Array.from({ length: 300 }, (_, i) => 1 / (i + 1))) }]),
      confusionChart(confusion),
      classChart(classFigures(confusion)),
      throughputChart([1]),
      throughputChart(Array.from({ length: 90 }, (_, i) => 100_000 + i)),
      grid([], { name: 'none', title: 'None', imageColumns: 28, tilesAcross: 10 }),
    ];
    for (const drawing of drawings) {
      for (const shape of drawing.shapes) {
        const [x, y] = shape.kind === 'line' ? shape.points[0]! : [shape.x, shape.y];
        expect(x >= 0 && x <= drawing.width && y >= 0 && y <= drawing.height, JSON.stringify(shape)).toBe(true);
        if (shape.kind !== 'text' || shape.turned) continue;
        const width = textWidth(shape.text, shape.size);
        const left = shape.x - { start: 0, middle: 0.5, end: 1 }[shape.anchor] * width;
        expect(left >= 0 && left + width <= drawing.width, shape.text).toBe(true);
      }
      expect(toSvg(drawing).file).not.toContain('NaN');
    }
  });

  it('are drawn where they should be', () => {
    const drawing: Drawing = {
      name: 'x',
      title: 'a < b & "c"',
      width: 40,
      height: 20,
      shapes: [
        { kind: 'rect', x: 1, y: 2, width: 3, height: 4, fill: 'black' },
        { kind: 'line', points: [[10, 10], [20, 10]], stroke: 'black', thick: 2 }, // biome-ignore format: a line
        { kind: 'image', x: 30, y: 0, width: 4, height: 4, columns: 2, pixels: Uint8Array.of(0, 255, 255, 0) },
        label(22, 19, 'H', { size: 20, fill: 'black' }),
      ],
    };
    const { width, grey } = decodePicture(new Rasteriser().toPng(drawing, 1));
    const at = (x: number, y: number) => grey[y * width + x];
    expect([at(0, 2), at(1, 2), at(3, 5), at(4, 5)]).toEqual([255, 0, 0, 255]);
    expect([at(15, 8), at(15, 9), at(15, 10), at(15, 11)]).toEqual([255, 0, 0, 255]);
    expect([at(30, 0), at(32, 0), at(30, 2), at(33, 3)]).toEqual([0, 255, 255, 0]);
    // an H: two stems and a bar
    const row = (y: number) => Array.from({ length: 18 }, (_, i) => (at(22 + i, y)! < 128 ? '#' : '.')).join('');
    expect(row(8)).toMatch(/^\.+#+\.{5,}#+\.*$/);
    expect(toSvg(drawing).file).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
  });

  it('show right ones of every class, and the surest mistakes first', () => {
    const images = Uint8Array.from({ length: 6 }, (_, i) => i);
    const set = { count: 6, rows: 1, columns: 1, images, labels: Uint8Array.of(0, 0, 0, 1, 1, 1) };
    const probabilities = Float32Array.of(0.9, 0.1, 0.4, 0.6, 0.8, 0.2, 0.3, 0.7, 0.05, 0.95, 0.99, 0.01);
    const found = tilesOf(set, { predictions: [0, 1, 0, 1, 1, 0], probabilities }, 2, 3);
    expect(found.correct.map(({ pixels }) => pixels[0])).toEqual([0, 3, 2]);
    expect(found.incorrect.map(({ caption }) => caption)).toEqual([
      ['0 taken for 1', '60.0 %'],
      ['1 taken for 0', '99.0 %'],
    ]);
    expect(found.surest.map(({ pixels }) => pixels[0])).toEqual([5, 1]);
  });
});
