// Wide vectors, asked for and refused; where they are granted is tried by test/promise/wide.slow.ts.

import { expect, it, test } from 'vitest';
import { compileWide, hostEngine, processorIn, wideInEnvironment, wideLack } from '../../src/host/wide.ts';
import { train, wiring } from '../../src/library.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { refusal } from '../support/refusal.ts';

const cpuInfo = `processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model name\t: AMD EPYC
flags\t\t: fpu sse4_2 avx avx2 fma

processor\t: 1
vendor_id\t: Other
`;

it('knows the processor by the first entry of /proc/cpuinfo', () => {
  expect(processorIn(cpuInfo)).toEqual({ vendor: 'AuthenticAMD', family: 25, hasWideVectors: true });
  expect(processorIn(cpuInfo.replace(' avx2', ''))).toMatchObject({ hasWideVectors: false });
  expect(processorIn('CPU implementer\t: 0x41\nFeatures\t: fp asimd\n')).toEqual({
    vendor: null,
    family: null,
    hasWideVectors: false,
  });
});

it('is asked for by the environment as by every other switch', async () => {
  expect(['', '0', 'off', '1', 'yes'].map((text) => wideInEnvironment(text))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(await refusal(() => wideInEnvironment('maybe'))).toMatchObject({ code: 'ERR_LOCKSTEP_BAD_OPTION' });
});

test('what is not on the list is refused in words, before anything is compiled', async () => {
  const host = { ...hostEngine(), v8: '13.6.233.17-node.53', node: '24.21.0' };
  expect(wideLack(host)).toContain('V8 13.6.233.17');
  const refused = await refusal(() => compileWide(new Uint8Array(0), host));
  expect(refused).toMatchObject({ code: 'ERR_LOCKSTEP_WIDE_REFUSED', exitCode: 2 });
  expect(refused.why).toContain('V8 13.6.233.17 on');
});

test('another engine than our own has none', async () => {
  const refused = await refusal(() => resolveOptions({ wide: true, engine: 'tfjs-node' }, null));
  expect(refused).toMatchObject({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: '--wide does not go with --engine tfjs-node',
  });
});

test.skipIf(wideLack() === null)('the library refuses them where they were not proven', async () => {
  const refused = await refusal(async () => await train({ wide: true, maxSteps: 1 }));
  expect(refused.code).toBe('ERR_LOCKSTEP_WIDE_REFUSED');
  expect((await refusal(() => wiring.wideKernels())).why).toBe(wideLack());
});
