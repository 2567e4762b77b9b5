// The pictures of README.md are there, are what they seem, and are those that the committed script writes.

import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const script = readFileSync(new URL('test/generate/pictures.mjs', root), 'utf8');
const shown = [...readme.matchAll(/!\[[^\]]+\]\((deploy\/pictures\/[\w-]+\.png)\)/g)].map(([, path]) => path!);

test('README.md shows a terminal and the live page', () => {
  expect(shown).toEqual(['deploy/pictures/terminal.png', 'deploy/pictures/live-page.png']);
});

test.each(shown)('%s', (path) => {
  const file = fileURLToPath(new URL(path, root));
  expect(script).toContain(`'${path.replace('deploy/pictures/', '')}'`);
  // the npm package holds them
  expect(statSync(file).size).toBeLessThan(150_000);
  const { width, height, data } = PNG.sync.read(readFileSync(file));
  expect(width).toBeGreaterThan(700);
  expect(height).toBeGreaterThan(300);
  const colours = new Set(new Uint32Array(data.buffer, data.byteOffset, data.length / 4));
  expect(colours.size).toBeGreaterThan(20);
});
