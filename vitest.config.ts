import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 60_000, hookTimeout: 60_000, pool: 'forks' as const };

// the seed of what tests draw: to a program that they start, and hand their environment, it would be the seed of its run
const { LOCKSTEP_SEED: seed } = process.env;
if (seed !== undefined) process.env['LOCKSTEP_TEST_SEED'] = seed;
delete process.env['LOCKSTEP_SEED'];

// as command line and library begin; and all runs of the tests with wide vectors
const setupFiles = [
  'src/host/process/without-maglev.ts',
  ...(process.env['LOCKSTEP_WIDE'] === '1' ? ['test/support/wide-by-default.ts'] : []),
];

const results = process.env['LOCKSTEP_RESULTS'];

export default defineConfig({
  test: {
    // .ci/run adds up the counts of both suites
    reporters: results ? ['default', ['json', { outputFile: results }]] : ['default'],
    projects: [
      {
        test: {
          ...shared,
          setupFiles,
          name: 'fast',
          include: ['test/**/*.test.ts'],
          maxWorkers: 2,
          // files share their process, and what it has loaded: half of the time went into loading the same anew
          isolate: false,
          // its gradients come only as modules that Node itself does not take (no file endings in their imports)
          server: { deps: { inline: [/tfjs-core.dist.(?!tf-core)/] } },
        },
      },
      // whole processes, long runs, real networks: one file at a time, so that they do not slow each other
      {
        test: {
          ...shared,
          setupFiles,
          name: 'slow',
          include: ['test/**/*.slow.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
