// Lives that once went wrong, lived again: test/scenarios/lives/.

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDataset } from '../../coordinator/dataset-files.ts';
import { writeTinyData } from '../support/tiny-data.ts';
import { livesData } from './draw-life.ts';
import type { Life } from './life.ts';
import { bothBits, type World } from './play-life.ts';

const scenarios = fileURLToPath(new URL('../scenarios/lives/', import.meta.url));
let world: World;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-life-'));
  const dataFolder = join(folder, 'data');
  await writeTinyData(dataFolder, livesData);
  world = { folder, dataFolder, data: await loadDataset(dataFolder) };
});
afterAll(() => rm(world.folder, { recursive: true }));

test.each(readdirSync(scenarios).map((name) => name.replace('.json', '')))('%s', async (name) => {
  const { life } = JSON.parse(readFileSync(join(scenarios, `${name}.json`), 'utf8')) as { life: Life };
  const folder = await mkdtemp(join(world.folder, 'life-'));
  const { lived, replayed } = await bothBits(life, { ...world, folder });
  expect(lived.bits).toEqual(replayed);
});
