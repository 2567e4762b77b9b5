import { describe, expect, it } from 'vitest';
import { hostName, httpUrl, listenAddress, origins, webSocketUrl } from '../../src/options/address-kinds.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { splitAddress } from '../../src/text/credentials.ts';
import { workerOptions } from '../../worker/command.ts';
import { refusal } from '../support/refusal.ts';

describe('an address', () => {
  it.each([
    ['http://gateway:9091', 'http://gateway:9091', null],
    ['http://user:secret@gateway:9091/base', 'http://gateway:9091/base', 'user:secret'],
    ['https://us%40er:s%3Acr%2Fet%25@gateway', 'https://gateway/', 'us@er:s:cr/et%'],
    ['http://user@gateway', 'http://gateway/', 'user:'],
    ['http://:secret@gateway', 'http://gateway/', ':secret'],
    ['http://user:a:b@gateway', 'http://gateway/', 'user:a:b'],
    ['http://us%C3%A9r:%E2%82%AC@gateway', 'http://gateway/', 'usér:€'],
    ['http://user:p@ss@gateway', 'http://gateway/', 'user:p@ss'],
  ])('%s', (text, url, pair) => {
    const authorization = pair === null ? null : `Basic ${Buffer.from(pair).toString('base64')}`;
    expect(httpUrl.accepts(text)).toBe(true);
    expect(splitAddress(text)).toEqual({ url, authorization });
  });

  it.each([
    'gateway:9091',
    'ftp://user:secret@gateway',
    'http://',
    'http://user:secret@',
    'http://user:se%zzcret@gateway',
    'http://user:secret%@gateway',
    'http://user:%ff@gateway',
    'http://us%3Aer:secret@gateway',
    'http://user:secret@gateway:0',
    'http://user:secret@gateway:99999',
    'http://user:secret@gateway/?x=1',
    'http://user:secret@gateway/?',
    'http://user:secret@gateway#x',
    'http://user:sec ret@gateway',
    'http://user:sec/ret@gateway',
    'ws://user:secret@gateway',
  ])('for the Pushgateway is not %s, and no error tells the password', async (pushgateway) => {
    expect(httpUrl.accepts(pushgateway)).toBe(false);
    const error = await refusal(() => resolveOptions({ pushgateway }, null, 'flag'));
    expect(error.exitCode).toBe(2);
    expect(error.message).not.toMatch(/secret|sec ret|sec\/ret|se%zz|%ff/);
  });

  it.each([
    'ws://h:1',
    'wss://h',
    'ws://[::1]:7',
    'ws://h:1/',
    'ws://user:secret@h:1',
  ])('of a coordinator: %s', (connect) => {
    expect(webSocketUrl.accepts(connect)).toBe(true);
    expect(workerOptions({ connect }).connect).toBe(connect);
  });

  it.each([
    ['localhost:7070', 'ws://localhost:7070'],
    ['http://10.0.0.1:7070/', 'ws://10.0.0.1:7070'],
    ['https://user:secret@host:7070', 'wss://host:7070'],
    ['localhost', null],
    ['ftp://host:7070', null],
    ['nonsense:70707', null],
  ])('%s is refused with what may have been meant', async (connect, meant) => {
    const { mend } = await refusal(() => workerOptions({ connect }));
    expect(mend).toContain(meant === null ? 'Give the address' : 'Did you mean --connect ws');
    expect(mend).not.toContain('secret');
    if (!connect.includes('@')) expect(mend).toContain(meant ?? '');
  });

  it.each([
    'h:1',
    'http://user:secret@h:1',
    'ws://user:secret@h:1/path',
    'ws://user:secret@h:1?x',
    'ws://user:%zzsecret@h:1',
    'user:secret@h:1',
    'ws://user:secret@',
  ])('of no coordinator: %s', async (connect) => {
    const error = await refusal(() => workerOptions({ connect }));
    expect(error.message).not.toContain('secret');
    expect(error.what).toMatch(/^--connect cannot be /);
  });
});

it('of whatever option: no error tells a password', async () => {
  const address = 'http://user:secret@host:1';
  for (const key of [
    'pushgateway',
    'listen',
    'metricsHost',
    'metricsPort',
    'epochs',
    'engine',
    'lr',
    'checkpointEvery',
  ]) {
    const value = key === 'pushgateway' ? 'x://user:secret@host' : address;
    const error = await refusal(() => resolveOptions({ [key]: value }, null, 'flag'));
    expect(error.message, key).not.toContain('secret');
  }
  for (const key of ['allowHost', 'allowOrigin']) {
    const error = await refusal(() => resolveOptions({ [key]: [address] }, null, 'flag'));
    expect(error.message, key).not.toContain('secret');
  }
});

it.each([
  [
    hostName,
    ['127.0.0.1', '::1', '0.0.0.0', 'localhost', 'node-7.lab.example.', 'fe80::1%eth0'],
    ['', '[::1]', 'a:1', 'http://a', 'a/b', 'u@a', 'a b', 'a..b', ':::', 'x'.repeat(254)],
  ],
  [listenAddress, ['127.0.0.1:7070', '[::1]:0', 'h:1'], ['', 'user:secret@h:1', 7070]],
])('names and addresses', ({ accepts }, good, bad) => {
  expect(good.filter((one) => !accepts(one))).toEqual([]);
  expect(bad.filter((one) => accepts(one))).toEqual([]);
});

it('origins are what browsers send', () => {
  const good = ['https://ok.example', 'http://127.0.0.1:8080', 'http://[::1]:1', 'null', 'chrome-extension://abcdef'];
  const bad = [
    'ok.example',
    'https://ok.example/',
    'https://OK.example',
    'https://ok.example:443',
    'https://u:secret@ok.example',
    'https://ok.example/x',
    'https://',
    '*',
    '',
  ];
  expect(good.filter((one) => !origins.accepts([one]))).toEqual([]);
  expect(bad.filter((one) => origins.accepts([one]))).toEqual([]);
});
