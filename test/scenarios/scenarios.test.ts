// Every scenario file, replayed. To accept changed effects: UPDATE_SCENARIOS=1 npx vitest run test/scenarios, and read the
// difference before you commit it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditPlayer } from './audit-player.ts';
import { membershipPlayer } from './membership-player.ts';
import { replay } from './scenario.ts';
import { stepPlayer } from './step-player.ts';

const players = { step: stepPlayer, membership: membershipPlayer, audit: auditPlayer };

describe.each(Object.entries(players))('%s scenarios', (folder, player) => {
  const directory = new URL(`${folder}/`, import.meta.url);
  const files = readdirSync(directory).filter((name) => name.endsWith('.txt'));

  it('are there', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s', (name) => {
    const file = new URL(name, directory);
    const text = readFileSync(file, 'utf8');
    const replayed = replay(text, player());
    if (process.env['UPDATE_SCENARIOS'] === '1') writeFileSync(file, replayed);
    else expect(replayed).toBe(text);
  });
});
