// lockstep verify and doctor, as a user meets them, and verify against an engine that breaks the promise.

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nodeCheck } from '../../coordinator/commands/doctor.ts';
import { trainThatWay, Untried } from '../../coordinator/commands/verification.ts';
import { verify } from '../../coordinator/commands/verify.ts';
import { wiring } from '../../src/library.ts';
import { checkedFlags } from '../../src/options/flags.ts';
import { goldenRun, mnistDigest } from '../../src/run/golden-run.ts';
import { datasetDigest } from '../../src/wire/dataset-bytes.ts';
import { makeDisorderedEngine } from '../support/disordered-engine.ts';
import { goldenJson, mnistData } from '../support/golden.ts';
import { runCli } from '../support/run-cli.ts';

describe('lockstep verify', () => {
  it('finds all workers equal, with one killed as well, of a wide network, and the golden digest', async () => {
    const { exitCode, stdout } = await runCli(
      ['verify', '--steps', '20', '--hidden', '512,320', '--golden', '--json'],
      {
        cwd: '.',
      },
    );
    const { equal, rows } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(rows.filter((row: { equal: boolean }) => !row.equal)).toEqual([]);
    expect([exitCode, equal, rows.length]).toEqual([0, true, 8]);
    expect(rows[7].digest).toBe(goldenRun.digest);
  });

  it('exits with 3 and names step and tensor where a worker adds in another order', async () => {
    let text = '';
    const exitCode = await verify.run([], checkedFlags(verify.flags, { steps: 6 }, 'verify'), {
      wiring: async () => ({ ...wiring, makeEngine: makeDisorderedEngine }),
      print: async (more) => {
        text += more;
      },
      note: () => undefined,
      progress: { write: () => undefined },
      showStacks: () => undefined,
      cores: 2,
      cli: fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url)),
      tell: () => undefined,
      colours: false,
      columns: null,
      speakAs: () => undefined,
      runRank: async () => 1,
      signal: new AbortController().signal,
    });
    expect(exitCode).toBe(3);
    // the inline one is the engine that was broken here
    expect(text).toMatch(/\n1 thread .* differs from step \d+ on, in fc\d\.(weight|bias)\n/);
    expect(text).toMatch(/They are NOT equal\.\n$/);
  });

  it('does not take a loss for tried that nobody noticed', async () => {
    const parts = {
      wiring,
      cli: '',
      options: { limitTrain: 1000, valSize: 100 },
      signal: new AbortController().signal,
    };
    // without a thread none can die
    const way = { name: 'inline, and a loss', threads: 0, loss: true };
    await expect(trainThatWay(way, { ...parts, steps: 2 }, 2)).rejects.toThrow(Untried);
  });

  it('has the digests of the tests', async () => {
    expect(goldenRun).toEqual(goldenJson('digest.json'));
    expect(datasetDigest(await mnistData())).toBe(mnistDigest);
  });
});

describe('lockstep doctor', () => {
  it('finds this machine usable', async () => {
    const { exitCode, stdout } = await runCli(['doctor', '--json'], { cwd: '.' });
    const { usable, checks } = JSON.parse(stdout);
    expect([exitCode, usable]).toEqual([0, true]);
    expect(checks.find(({ name }: { name: string }) => name === 'Data').found).toMatch(
      /60000 \+ 10000.*which is MNIST/,
    );
    const text = await runCli(['doctor'], { cwd: '.' });
    expect(text.stdout).toMatch(/^Node +good +\d+\.\d+\.\d+\n[\s\S]*\nThis machine can train\.\n$/);
  });

  it('says what is wrong and what mends it, and exits with 2', async () => {
    const { exitCode, stdout } = await runCli(['doctor', '--data', '/nowhere'], { cwd: '.' });
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/\nData +bad +there is no such file or folder \(ENOENT\)\n/);
    expect(stdout).toMatch(/\nData: Look at the path: --data takes[\s\S]*\nThis machine cannot train\.\n$/);
  });

  it('knows which Node is enough', () => {
    const states = ['18.20.0', '20.18.9', '20.19.0', '22.0.0'].map((version) => nodeCheck(version).state);
    expect(states).toEqual(['bad', 'bad', 'good', 'good']);
  });
});
