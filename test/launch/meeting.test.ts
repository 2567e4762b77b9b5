import { expect, it } from 'vitest';
import {
  announcedUrls,
  announcementText,
  checkMeans,
  guessedUrls,
  listenAddress,
  PORTS_TRIED,
  readAnnouncement,
} from '../../src/launch/meeting.ts';
import type { Place } from '../../src/launch/place.ts';
import { refusal } from '../support/refusal.ts';

const place: Place = {
  launcher: 'slurm',
  rank: 1,
  size: 3,
  found: [],
  ranksOnHost: 1,
  oneHost: false,
  cores: null,
  bound: false,
  id: '7.0.0',
  hosts: ['n1', '10.0.0.1'],
  port: null,
  sharesFolder: true,
};

it('listens where others can come, and on loopback where nobody has to', () => {
  expect(listenAddress(place, null)).toEqual({ host: '0.0.0.0', port: 7070 });
  expect(listenAddress({ ...place, port: 29500 }, null)).toEqual({ host: '0.0.0.0', port: 29500 });
  expect(listenAddress({ ...place, oneHost: true }, null)).toEqual({ host: '127.0.0.1', port: 7070 });
  expect(listenAddress({ ...place, oneHost: true }, { host: '::', port: 1 })).toEqual({ host: '::', port: 1 });
});

it('guesses every host at the first port, then at those that it may have become', () => {
  const urls = guessedUrls({ ...place, port: 29500 }, null, 'ws');
  expect(urls.slice(0, 4)).toEqual(['ws://n1:29500', 'ws://10.0.0.1:29500', 'ws://n1:29501', 'ws://10.0.0.1:29501']);
  expect(urls).toHaveLength(2 * PORTS_TRIED);
  expect(guessedUrls(place, { host: '10.0.0.9', port: 9 }, 'wss').slice(0, 2)).toEqual([
    'wss://10.0.0.9:9',
    'wss://n1:9',
  ]);
  expect(guessedUrls({ ...place, oneHost: true, hosts: [] }, null, 'ws')[0]).toBe('ws://127.0.0.1:7070');
  expect(guessedUrls({ ...place, hosts: [] }, null, 'ws')).toEqual([]);
  // nobody but rank 0 knows it
  expect(guessedUrls(place, { host: '0.0.0.0', port: 0 }, 'ws')).toEqual([]);
  expect(guessedUrls({ ...place, port: 65_535 }, null, 'ws')).toHaveLength(2);
});

it('announces the port that it became, by every name of the host', () => {
  const own = ['n1', '10.0.0.1', 'fd00::1'];
  expect(announcedUrls(place, { host: '0.0.0.0', port: 7071 }, own, 'ws')).toEqual([
    'ws://n1:7071',
    'ws://10.0.0.1:7071',
    'ws://[fd00::1]:7071',
  ]);
  expect(announcedUrls(place, { host: '127.0.0.1', port: 1 }, own, 'wss')).toEqual(['wss://127.0.0.1:1']);
  expect(announcedUrls({ ...place, hosts: [] }, { host: '0.0.0.0', port: 1 }, [], 'ws')).toEqual(['ws://127.0.0.1:1']);
});

it('reads what was written', () => {
  const announcement = { launch: '7.0.0', urls: ['ws://n1:7071', 'wss://[fd00::1]:1'], token: 'ab'.repeat(32) };
  expect(readAnnouncement(announcementText(announcement), '7.0.0')).toEqual(announcement);
  const unnamed = { launch: null, urls: ['ws://n1:7071'], token: null };
  expect(readAnnouncement(announcementText(unnamed), null)).toEqual(unnamed);
});

it.each([
  ['another launch', { launch: '6.0.0' }, 'is of another launch (6.0.0, not 7.0.0)'],
  ['the same job before it was requeued', { launch: '7.0.1' }, 'is of another launch (7.0.1, not 7.0.0)'],
  ['one without a name', { launch: null }, 'is of another launch (without a name, not 7.0.0)'],
  ['one that does not listen yet', { urls: [] }, 'says that rank 0 does not listen yet'],
  ['another program', { lockstep: 2 }, 'is not one of rank 0'],
  ['addresses that are none', { urls: ['http://n1:1'] }, 'is not one of rank 0'],
  ['an address with a password', { urls: ['ws://a:b@n1:1'] }, 'is not one of rank 0'],
  ['a token that is none', { token: 7 }, 'is not one of rank 0'],
])('takes no other: %s', (_, change, why) => {
  const good = { lockstep: 1, launch: '7.0.0', urls: ['ws://n1:7071'], token: null };
  expect(readAnnouncement(JSON.stringify({ ...good, ...change }), '7.0.0')).toEqual({ why });
});

it.each(['', '{', 'null', '[]', '7'])('nor what is none: %s', (text) => {
  expect(readAnnouncement(text, null)).toEqual({ why: 'is not one of rank 0' });
});

it('refuses a launch whose ranks could not find each other, or whom anybody could join', async () => {
  const guesses = ['ws://n1:7070'];
  expect(() => checkMeans(place, { token: true, file: null }, guesses)).not.toThrow();
  expect(() => checkMeans(place, { token: false, file: '/f' }, [])).not.toThrow();
  expect(await refusal(() => checkMeans(place, { token: false, file: null }, guesses))).toMatchObject({
    code: 'ERR_LOCKSTEP_TOKEN_MISSING',
    mend: expect.stringMatching(/LOCKSTEP_TOKEN=\$\(openssl rand -hex 32\).*--rendezvous FILE/),
  });
  expect(await refusal(() => checkMeans(place, { token: true, file: null }, []))).toMatchObject({
    code: 'ERR_LOCKSTEP_LAUNCH',
    mend: expect.stringMatching(/MASTER_ADDR.*--rendezvous FILE/),
  });
});
