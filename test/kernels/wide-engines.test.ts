// Where wide vectors may be had, and what is said where they may not.

import { expect, it, test } from 'vitest';
import { type HostEngine, oppositeFlag, wideFlags } from '../../src/kernels/wide-engines.ts';

const proven: HostEngine = {
  v8: '14.6.202.34-node.40',
  node: '26.12.1',
  platform: 'linux',
  arch: 'x64',
  vendor: 'AuthenticAMD',
  family: 25,
  hasWideVectors: true,
};

it('is what was proven, whatever Node appends to the version of V8', () => {
  for (const v8 of [proven.v8, '14.6.202.34', '14.6.202.34-node.41']) {
    const found = wideFlags({ ...proven, v8 });
    expect(found).toHaveProperty('flags');
    expect('flags' in found && found.flags).toContain('--experimental-wasm-revectorize');
  }
});

it.each<[string, Partial<HostEngine>, string]>([
  ['V8 of Node 20', { v8: '11.3.244.8-node.30', node: '20.20.2' }, 'this is V8 11.3.244.8 on linux (Node 20.20.2)'],
  ['V8 of Node 24, which is wrong', { v8: '13.6.233.17-node.53', node: '24.21.0' }, 'this is V8 13.6.233.17'],
  ['a patch of the same V8', { v8: '14.6.202.35-node.1' }, 'this is V8 14.6.202.35'],
  ['another system', { platform: 'darwin' }, 'on darwin'],
  ['another maker', { vendor: 'GenuineIntel', family: 6 }, 'this processor is x64, GenuineIntel 6'],
  ['another family', { family: 23 }, 'this processor is x64, AuthenticAMD 23'],
  ['another architecture', { arch: 'arm64', vendor: null, family: null }, 'arm64, one that is not known'],
  ['a processor that hides its vectors', { hasWideVectors: false }, 'no AVX2'],
])('is refused on %s', (_, host, words) => {
  const found = wideFlags({ ...proven, ...host });
  expect('why' in found && found.why).toContain(words);
});

test('each flag has one that takes it back', () => {
  const found = wideFlags(proven);
  const flags = 'flags' in found ? found.flags : [];
  expect(flags.map(oppositeFlag)).toEqual([
    '--no-experimental-wasm-revectorize',
    '--liftoff',
    '--wasm-lazy-compilation',
    '--wasm-inlining',
  ]);
  expect(flags.map(oppositeFlag).map(oppositeFlag)).toEqual(flags);
});
