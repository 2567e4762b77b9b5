// MASTER_ADDR and MASTER_PORT: what a host is, and what is refused before anybody dials it.

import { expect, it } from 'vitest';
import { guessedUrls } from '../../src/launch/meeting.ts';
import { masterOf } from '../../src/launch/place.ts';
import { variablesPlace } from '../../src/launch/variables.ts';
import { refusal } from '../support/refusal.ts';

it.each([
  ['gpu-01', 'gpu-01'],
  ['node_7.cluster.example.', 'node_7.cluster.example.'],
  [' 10.0.0.7 ', '10.0.0.7'],
  ['fd00::7', 'fd00::7'],
  ['[fd00::7]', 'fd00::7'],
])('%s is a host', (text, host) => {
  expect(masterOf({ MASTER_ADDR: text, MASTER_PORT: '29500' })).toEqual({ hosts: [host], port: 29500 });
  const found = variablesPlace({ RANK: '1', WORLD_SIZE: '2', MASTER_ADDR: text })!;
  const urls = 'place' in found ? guessedUrls(found.place, null, 'ws') : [];
  expect(urls.length).toBeGreaterThan(0);
  expect(urls.filter((url) => !URL.canParse(url))).toEqual([]);
});

it.each([
  '10.0.0.7:29500',
  'gpu-01:29500',
  '[fd00::7]:29500',
  'tcp://10.0.0.7',
  'me@host',
  'a/b',
  'a b',
  'fe80::1%eth0',
  '::1::2',
])('%s is none, and where the port belongs is said', async (host) => {
  const error = await refusal(() => masterOf({ MASTER_ADDR: host }));
  expect(error.message).toContain(`MASTER_ADDR=${host} cannot be used: it must be a host name or an IP address alone`);
  expect(error.mend).toMatch(/port into MASTER_PORT/);
  expect(error.code).toBe('ERR_LOCKSTEP_LAUNCH');
});

it('neither is nothing', () => {
  expect(masterOf({ MASTER_ADDR: '', MASTER_PORT: '' })).toEqual({ hosts: [], port: null });
});
