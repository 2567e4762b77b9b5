// What proves an entry of src/kernels/wide-engines.ts: on its release of Node, all tests of equality, every run of theirs with wide
// vectors. Then that these are wide, that they stay what was tested, and that the command line says what it used.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { hostEngine } from '../../src/host/wide.ts';
import { wideEngines, wideFlags } from '../../src/kernels/wide-engines.ts';
import { nodeRelease } from '../support/node-release.ts';
import { withFolder } from '../support/tiny-data.ts';

const run = promisify(execFile);
// the results are those of the tests within, and not of this one
const { LOCKSTEP_RESULTS: _, ...own } = process.env;
const environment = { ...own, LOCKSTEP_WIDE: '1', NODE_OPTIONS: '' };
const bytes = 64 * 2 ** 20;

const cases = wideEngines.map((engine) => {
  const host = { ...hostEngine(), v8: engine.v8, node: engine.node };
  const found = wideFlags(host);
  if ('why' in found) console.log(`skipped: wide vectors of Node ${engine.node} cannot be tried here: ${found.why}`);
  return { release: engine.node, node: 'why' in found ? null : nodeRelease(engine.node) };
});

describe.each(cases)('wide vectors of Node $release', ({ node }) => {
  test.skipIf(node === null)('pass all tests of equality', async () => {
    const report = await withFolder(async (folder) => {
      const file = join(folder, 'report.json');
      const suite = [
        'test/promise',
        'test/kernels',
        'test/cluster/equivalence.test.ts',
        'test/worker/engines/self-test',
      ];
      const args = ['run', '--project', 'fast', '--reporter', 'json', '--outputFile', file, ...suite];
      await run(node!, ['node_modules/vitest/vitest.mjs', ...args], { env: environment, maxBuffer: bytes });
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    });
    expect(report['numFailedTests']).toBe(0);
    expect(report['numPassedTests']).toBeGreaterThan(100);
  });

  test.skipIf(node === null)('are wide, and the code that was tested is the code that trains', async () => {
    const codeOf = async (which: string) => {
      const args = ['--allow-natives-syntax', 'test/support/wide-code.mjs', which];
      const { stdout } = await run(node!, args, { env: environment, maxBuffer: bytes });
      const found = stdout.split('\n').find((line) => line.startsWith('{"before"'))!;
      return { widened: stdout.match(/Decided to vectorize/g)?.length ?? 0, ...JSON.parse(found) };
    };
    const wide = await codeOf('wide');
    expect(wide.widened).toBeGreaterThan(3);
    expect(wide.before).toEqual({ optimized: true, baseline: false });
    expect(wide.after).toEqual(wide.before);
    // what it is compared with was optimized as well, and not widened
    const narrow = await codeOf('narrow');
    expect(narrow.after.baseline && narrow.after.optimized).toBe(false);
    expect(narrow.widened).toBe(0);
  });

  test.skipIf(node === null)('are in the log of the run, and change no bit', async () => {
    await withFolder(async (folder) => {
      const digestOf = async (name: string, wide: string) => {
        const out = join(folder, name);
        const args = [
          'dist/src/cli.js',
          'train',
          '--max-steps',
          '40',
          '--epochs',
          '1',
          '--quiet',
          '--json',
          '--out',
          out,
        ];
        const { stdout } = await run(node!, args, { env: { ...environment, LOCKSTEP_WIDE: wide } });
        const log = JSON.parse(readFileSync(join(out, 'log.json'), 'utf8'));
        const report = readFileSync(join(out, 'report.html'), 'utf8');
        return {
          used: log.processes[0].environment.wide,
          said: report.includes('wide: 256 bits'),
          ...JSON.parse(stdout),
        };
      };
      const [wide, narrow] = [await digestOf('wide', '1'), await digestOf('narrow', '')];
      expect([wide.used, wide.said, narrow.used, narrow.said]).toEqual([true, true, false, false]);
      expect(wide.stateDigest).toBe(narrow.stateDigest);
    });
  });

  test.skipIf(node === null)('are tried by doctor', async () => {
    const { stdout } = await run(node!, ['dist/src/cli.js', 'doctor', '--json'], { env: environment });
    const { checks } = JSON.parse(stdout);
    expect(checks).toContainEqual({
      name: 'Wide vectors',
      state: 'good',
      found: 'used, as LOCKSTEP_WIDE asks; same bits as narrow ones',
    });
  });
});
