// Lives that once went wrong, lived again: test/scenarios/lives/.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Life } from './life.ts';
import { bothBits } from './play-life.ts';
import { endWorld, makeWorld, partOf, type World } from './world.ts';

const scenarios = fileURLToPath(new URL('../../scenarios/lives/', import.meta.url));
let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => endWorld(world));

test.each(readdirSync(scenarios).map((name) => name.replace('.json', '')))('%s', async (name) => {
  const { life } = JSON.parse(readFileSync(join(scenarios, `${name}.json`), 'utf8')) as { life: Life };
  const { lived, replayed } = await bothBits(life, await partOf(world));
  expect(lived.bits).toEqual(replayed);
});
