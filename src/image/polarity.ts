// Whether a page has dark strokes on a light ground or light ones on a dark ground, under whatever light.

import { filled } from './ground.ts';
import type { Picture } from './picture.ts';
import { type Plane, resized } from './plane.ts';

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array | Uint8Array;
}

/** Longest side of what is looked at. */
const looked = 64;

/** The picture, turned so that its ground is light. */
export function withLightGround({ width, height, grey }: Picture): Plane {
  const plane = { width, height, values: Float32Array.from(grey) };
  if (!isLightOnDark(plane)) return plane;
  return { width, height, values: plane.values.map((value) => 255 - value) };
}

/**
 * An edge that is all light or all dark tells. Else strokes and the spaces between them stand out alike, from the ground that the
 * other of the two leaves. But strokes are outermost: the spaces lie within their box. Where the page is cut so close that its edge
 * tells of both, more of the edge is ground.
 */
function isLightOnDark(page: Plane): boolean {
  const scale = Math.min(1, looked / Math.max(page.width, page.height));
  const [width, height] = [page.width, page.height].map((length) => Math.max(1, Math.round(length * scale)));
  const plane = resized(page, width!, height!);
  const all = edgeShare(plane);
  if (Math.min(all, 1 - all) < 0.03) return all < 0.5;
  const [lightest, darkest] = [filled(plane, 1), filled(plane, -1)];
  const dark = plane.values.map((value, i) => lightest.values[i]! - value);
  const light = plane.values.map((value, i) => value - darkest.values[i]!);
  const peak = [...dark, ...light].reduce((most, value) => Math.max(most, value), 0);
  const [darkArea, lightArea] = [dark, light].map((values) => areaOf(values, plane.width, 0.4 * peak));
  if (darkArea !== null && lightArea !== null && darkArea !== lightArea) return lightArea! > darkArea!;
  return edgeIsDark(plane);
}

/** Pixels in the box around what stands out; null where it touches more of the edge than a speck does. */
function areaOf(values: Float32Array, width: number, least: number): number | null {
  const height = values.length / width;
  let [left, top, right, bottom, touching] = [width, height, -1, -1, 0];
  values.forEach((value, i) => {
    if (value < least || value === 0) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) touching++;
  });
  if (touching > 0.05 * 2 * (width + height)) return null;
  return right < left ? 0 : (right - left + 1) * (bottom - top + 1);
}

/** Which part of the outermost pixels is light, as between the darkest and the lightest of the page. */
function edgeShare({ width, height, values }: Plane): number {
  let [lowest, highest] = [255, 0];
  for (const value of values) [lowest, highest] = [Math.min(lowest, value), Math.max(highest, value)];
  let [light, edges] = [0, 0];
  values.forEach((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x > 0 && y > 0 && x < width - 1 && y < height - 1) return;
    edges++;
    if (2 * value > lowest + highest) light++;
  });
  return light / edges;
}

/** Corners count as much as all of the edge: strokes seldom reach them. */
export function edgeIsDark({ width, height, values }: Pixels): boolean {
  let [lowest, highest] = [255, 0];
  for (const value of values) [lowest, highest] = [Math.min(lowest, value), Math.max(highest, value)];
  const corner = Math.ceil(Math.min(width, height) / 10);
  let [edge, edges, corners, inCorners] = [0, 0, 0, 0];
  values.forEach((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [atX, atY] = [Math.min(x, width - 1 - x), Math.min(y, height - 1 - y)];
    if (atX === 0 || atY === 0) [edge, edges] = [edge + value, edges + 1];
    if (atX < corner && atY < corner) [corners, inCorners] = [corners + value, inCorners + 1];
  });
  return edge / edges + corners / inCorners < lowest + highest;
}
