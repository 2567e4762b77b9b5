// Bandwidths and times as users write them, and as they are refused.

import { describe, expect, it } from 'vitest';
import { plan } from '../../coordinator/commands/plan.ts';
import { checkedFlags } from '../../src/options/flags.ts';
import { bandwidth, bandwidthText, latency } from '../../src/options/quantity-kinds.ts';
import { refusal } from '../support/refusal.ts';

describe('a bandwidth', () => {
  it.each([
    ['100Mbit', 12.5e6],
    ['1Gbit', 125e6],
    ['1gbit', 125e6],
    ['10Gbit', 1.25e9],
    ['2.5Gbit/s', 312.5e6],
    ['.5 Gbit', 62.5e6],
    ['100Mbps', 12.5e6],
    ['100mbps', 12.5e6],
    ['100Mb/s', 12.5e6],
    ['125MB/s', 125e6],
    ['125MBps', 125e6],
    ['1 GB/s', 1e9],
    ['1MiB/s', 1_048_576],
    ['64kbit', 8000],
    ['1000000bit', 125_000],
  ])('%s', (text, bytes) => {
    expect(bandwidth.fromText(text)).toBeCloseTo(bytes);
    expect(bandwidth.accepts(bandwidth.fromText(text))).toBe(true);
  });

  it.each([
    '1',
    '1000',
    '1G',
    '1Gb',
    '1GB',
    '100mb/s',
    '100MBit/hour',
    '-1Gbit',
    '1e3Mbit',
    'fast',
    '',
    '0Gbit',
    '1bit',
    '100Tbit',
  ])('is not %j', async (text) => {
    expect(bandwidth.fromText(text)).toBe(text);
    const error = await refusal(() => checkedFlags(plan.flags, { bandwidth: bandwidth.fromText(text) }, 'plan'));
    expect(error.code).toBe('ERR_LOCKSTEP_BAD_OPTION');
    expect(error.what).toBe(`--bandwidth cannot be ${text === '' ? 'empty' : text}`);
    expect(error.why).toContain('100Mbit, 1Gbit');
  });

  it('is shown as cards are named', () => {
    expect([8000, 12.5e6, 312.5e6, 1.25e9, 200].map(bandwidthText)).toEqual([
      '64 kbit/s',
      '100 Mbit/s',
      '2.5 Gbit/s',
      '10 Gbit/s',
      '1.6 kbit/s',
    ]);
  });
});

describe('a latency', () => {
  it.each([
    ['0.2ms', 0.2],
    ['200us', 0.2],
    ['200 µs', 0.2],
    ['50000ns', 0.05],
    ['0.05s', 50],
    ['0', 0],
    ['0ms', 0],
  ])('%s', (text, ms) => {
    expect(latency.fromText(text)).toBeCloseTo(ms);
    expect(latency.accepts(latency.fromText(text))).toBe(true);
  });

  it.each(['1', '0.2', '1min', '-1ms', '1 m', 'ms', '', '11s'])('is not %j', (text) => {
    expect(latency.fromText(text)).toBe(text);
    expect(latency.accepts(text)).toBe(false);
  });
});
