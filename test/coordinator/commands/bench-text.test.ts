// Results of bench and plan as people read them, and both commands on a result that lies in a file.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bench, benchOptionsOf } from '../../../coordinator/commands/bench.ts';
import { benchText, comparisonText } from '../../../coordinator/commands/bench-text.ts';
import { plan } from '../../../coordinator/commands/plan.ts';
import { figureTable } from '../../../coordinator/commands/result-text.ts';
import { compare } from '../../../coordinator/speed/compare.ts';
import type { CommandContext } from '../../../src/command.ts';
import { checkedFlags } from '../../../src/options/flags.ts';
import { benchResult, exactly } from '../../support/bench-result.ts';
import { refusal } from '../../support/refusal.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  file = join(folder, 'bench.json');
  await writeFile(file, `${JSON.stringify(benchResult())}\n`);
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** What the command printed; it may not ask for what trains. */
async function planned(given: Record<string, unknown>): Promise<string> {
  let text = '';
  const context: CommandContext = {
    wiring: async () => {
      throw new Error('it measures, though it was given a result');
    },
    print: async (more) => {
      text += more;
    },
    note: () => undefined,
    progress: { write: () => undefined },
    showStacks: () => undefined,
    speakAs: () => undefined,
    runRank: async () => 1,
    cores: 2,
    cli: '',
    tell: () => undefined,
    colours: false,
    columns: null,
  };
  await plan.run([], checkedFlags(plan.flags, given, 'plan'), context);
  return text;
}

describe('a table of figures', () => {
  it('has its first column to the left and the others to the right', () => {
    expect(
      figureTable([
        ['a', 'bcd', ''],
        ['long', '1', 'x'],
      ]),
    ).toBe('a     bcd\nlong    1  x\n');
  });
});

describe('lockstep bench', () => {
  it('tells machine, load, warm-up and rounds before its figures', () => {
    const text = benchText(benchResult());
    expect(text).toContain('Abacus, 2 cores, linux x64, Node 20.20.2, lockstep 0.1.0\n');
    expect(text).toContain(
      "Network 784-128-64-10, batch 128, 8 shards, engine wasm, generated images as sparse as MNIST's\n",
    );
    expect(text).toContain('Medians of 3 rounds (lowest to highest); 9.0 s, of which 2.0 s to warm up\n');
    expect(text).toContain('Load of the machine 0.0 before, 1.0 after\n');
    expect(benchText(benchResult({ load: { before: 7, after: 9 } }))).toContain('others were at work: repeat it');
  });

  it('has a row for each that was measured', () => {
    const text = benchText(benchResult());
    expect(text).toMatch(/^forward and loss +2\.00 +µs a sample +2\.00 to 2\.00$/m);
    expect(text).toMatch(/^tree node of 8 shards, batch 512 +11\.95 +µs a sample/m);
    expect(text).toMatch(/^reduce and Adam, 1 tree node +250\.00 +µs a step/m);
    expect(text).toMatch(/^2 +128 +89,825 +89,825 to 89,825 +0\.80$/m);
    expect(text).toMatch(/^1 +128,64 +4\.30 \(4\.30 to 4\.30\) +1\.00 +0\.50 +2\.80 +29,767 +1,000,000 +1,000,000$/m);
    expect(text).toContain(
      'A message of 1,000,000 bytes costs the coordinator 0.300 ms to send and 0.400 ms to take in;',
    );
    expect(text).toMatch(/^tfjs-node +- +it is not installed$/m);
  });

  it('tells what is another than before', () => {
    const [first, ...others] = benchResult().threads;
    const now = benchResult({ program: '0.2.0', threads: [{ ...first!, samplesPerSecond: exactly(1e6) }, ...others] });
    const text = comparisonText(compare(benchResult(), now));
    expect(text).toContain('Other than before: program: 0.1.0 before, 0.2.0 now\n');
    expect(text).toMatch(/^1 threads, batch 128 +samples\/s +56,140 +1,000,000 +17\.81 +faster$/m);
    expect(comparisonText(compare(now, now))).toContain('Machine, program and options are the same.\n');
  });

  it('takes all cores, and less time where it is to be quick', () => {
    const flags = (given: Record<string, unknown>) => benchOptionsOf(checkedFlags(bench.flags, given, 'bench'), 6);
    expect(flags({})).toMatchObject({ threads: 6, seconds: 30, otherEngines: true, data: null, batchSize: 128 });
    expect(flags({ quick: true, threads: 2 })).toMatchObject({ threads: 2, seconds: 8, otherEngines: false });
    expect(flags({ quick: true, seconds: 60 }).seconds).toBe(60);
  });

  it('refuses options as train does', async () => {
    const refused = async (given: Record<string, unknown>) =>
      (await refusal(() => benchOptionsOf(checkedFlags(bench.flags, given, 'bench'), 2))).what;
    expect(await refused({ batchSize: 4 })).toBe('--batch-size 4 is below --shards 8');
    expect(await refused({ wide: true, engine: 'tfjs-node' })).toBe('--wide does not go with --engine tfjs-node');
  });
});

describe('lockstep plan', () => {
  it('of a result in a file measures nothing', async () => {
    const text = await planned({ bench: file, nodes: 8, bandwidth: 1.25e8, latency: 0.2 });
    expect(text).toContain('8 nodes of 1 thread and a coordinator that computes nothing');
    expect(text).toContain('Links of 1 Gbit/s, 0.2 ms there and back\n');
    expect(text).toContain(`Speeds: ${file}, 2026-01-05, Abacus, Node 20.20.2\n`);
    expect(text).toMatch(/^parameters on the link +6\.798 +8 +54\.382 +the coordinator's link$/m);
    expect(text).toContain(
      'sends 6,400,000 bytes a step, parameters packed since the link is slow, and receives 8,000,000',
    );
    expect(text).toMatch(/^It is limited by the coordinator's link\. It would take /m);
    expect(text).toMatch(
      /^Does a second machine pay\? No: one that trains alone \(--threads 1\) makes 56,140 samples\/s;/m,
    );
    expect(text).toMatch(/^Does a further node pay\? No: 9 make .* of what 8 make\.\n {2}It does at no batch size/m);
    expect(text).toContain('each a machine like the one that was measured\n');
    expect(text).not.toContain('stand idle');
    expect(text).not.toContain('were not measured');
    expect(await planned({ bench: file, threads: 64 })).toContain(
      'More than 2 threads were not measured: 64 that train alone are taken for 32 times as fast\n',
    );
    expect(await planned({ bench: file, nodes: 2, threads: 4 })).toContain('Of the 4 threads of a node 3 stand idle');
  });

  it('prints its parts as JSON', async () => {
    const json = JSON.parse(await planned({ bench: file, json: true }));
    expect(Object.keys(json).sort()).toEqual(
      [
        ...['alone', 'asked', 'bench', 'byNodes', 'constants', 'further', 'limit', 'parts', 'receivedBytes'],
        ...['samplesPerSecond', 'second', 'sentBytes', 'step', 'stepMs', 'without'],
      ].sort(),
    );
    expect(json.asked).toMatchObject({
      nodes: 2,
      threads: 1,
      batchSize: 128,
      bytesPerSecond: 1.25e8,
      roundTripMs: 0.2,
    });
    expect(json.parts[2]).toEqual({
      name: 'hand the parameters to a node',
      resource: 'coordinator',
      eachMs: 0.3,
      times: 2,
    });
    expect(json.bench).toMatchObject({ file, date: '2026-01-05T12:00:00.000Z' });
    expect(json.second).toMatchObject({ pays: false, paysFromBatch: expect.any(Number) });
  });

  it('takes no result of another network, and no file that is none', async () => {
    const refused = async (given: Record<string, unknown>) => (await refusal(() => planned(given))).message;
    expect(await refused({ bench: file, hidden: [512] })).toContain(
      'measured with --hidden 128,64, and the plan is for a run with --hidden 512',
    );
    expect(await refused({ bench: file, shards: 16 })).toContain('measured with --shards 8');
    expect(await refused({ bench: file, wide: true })).toContain(
      'measured without --wide, and the plan is for a run with --wide',
    );
    expect(await refused({ bench: join(folder, 'gone.json') })).toContain('cannot be used: there is no such file');
    const other = join(folder, 'other.json');
    await writeFile(other, '{"epochs": 5}');
    expect(await refused({ bench: other })).toContain('it is no result of lockstep bench --json: format');
  });
});
