// Figures with classes by name: within their frames however many there are and however long, and as ever without names.

import { describe, expect, it } from 'vitest';
import { classChart } from '../../src/figures/charts.ts';
import { drawnLabel } from '../../src/figures/class-letters.ts';
import { classFigures } from '../../src/figures/confusion.ts';
import { confusionChart } from '../../src/figures/confusion-chart.ts';
import { type Drawing, textWidth } from '../../src/figures/drawing.ts';
import { sampleChart } from '../../src/figures/grids.ts';
import { toSvg } from '../../src/figures/svg.ts';
import { tilesOf } from '../../src/figures/tiles.ts';

/** No text goes over the edge of the drawing. */
function expectInside({ shapes, width, height, name }: Drawing): void {
  const outside = shapes.filter((shape) => {
    if (shape.kind !== 'text') return false;
    const wide = textWidth(shape.text, shape.size);
    const before = { start: 0, middle: 0.5, end: 1 }[shape.anchor] * wide;
    const [from, to] = shape.turned
      ? [shape.y + before - wide, shape.y + before]
      : [shape.x - before, shape.x - before + wide];
    const most = shape.turned ? height : width;
    return from < 0 || to > most;
  });
  expect(outside, name).toEqual([]);
}

describe('classes by name in figures', () => {
  it('are drawn in the letters that there are, or as numbers', () => {
    expect(drawnLabel(null, 3, 13, 100)).toBe('3');
    expect(drawnLabel(['cat'], 0, 13, 100)).toBe('cat');
    expect(drawnLabel(['Äpfel'], 0, 13, 100)).toBe('Apfel');
    expect(drawnLabel(['cat', '猫'], 1, 13, 100)).toBe('1');
    expect(drawnLabel(['constructor', 'toString'], 1, 13, 100)).toBe('toString');
    expect(textWidth(drawnLabel(['W'.repeat(64)], 0, 13, 100), 13)).toBeLessThanOrEqual(100);
  });

  it.each([3, 10, 26, 60, 61, 200])('%i of them keep within the frame, names of 64 letters too', (classes) => {
    const names = Array.from({ length: classes }, (_, i) => `${i} `.padEnd(64, 'W'));
    const confusion = names.map((_, r) => names.map((_, c) => (r === c ? 90 : (r + c) % 3)));
    const samples = names.map((_, label) => ({ label, plain: [new Uint8Array(4)], augmented: [new Uint8Array(4)] }));
    for (const some of [names, null]) {
      expectInside(confusionChart(confusion, some));
      expectInside(classChart(classFigures(confusion), some));
      expectInside(sampleChart(samples, 2, 0, some));
    }
    expect(confusionChart(confusion, names).width).toBeLessThan(2200);
  });

  it('stand in captions that do not touch those beside them', () => {
    const set = { count: 2, rows: 1, columns: 1, images: new Uint8Array(2), labels: Uint8Array.of(0, 1) };
    const names = ['W'.repeat(64), 'M'.repeat(64)];
    const judged = { predictions: [0, 0], probabilities: Float32Array.of(0.9, 0.1, 0.8, 0.2) };
    const { correct, incorrect } = tilesOf(set, judged, 2, 5, names);
    for (const { caption } of [...correct, ...incorrect]) {
      for (const line of caption) expect(textWidth(line, 12), line).toBeLessThanOrEqual(84);
    }
    expect(tilesOf(set, judged, 2, 5).incorrect[0]?.caption).toEqual(['1 taken for 0', '80.0 %']);
  });

  it('are no code in SVG', () => {
    const hostile = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>'];
    const svg = toSvg(confusionChart([[1, 2], [3, 4]], hostile)); // biome-ignore format: a matrix
    expect(svg.file).not.toMatch(/<script|<img|onerror/);
    expect(svg.element).not.toMatch(/<script|<img|onerror/);
  });
});
