// The built command line, as a user meets it: what it prints where, its exit codes, and every kind of bad input.
// Needs dist/ (npm run build).

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeRelease } from '../support/node-release.ts';
import { type Ended, expectError, runCli, startCli } from '../support/run-cli.ts';
import { fileNames, idxFile, imagesFile, labelsFile, spoil, withFolder, writeTinyData } from '../support/tiny-data.ts';

let data: string;
let cwd: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'lockstep-data-'));
  await writeTinyData(data);
});
afterAll(async () => await rm(data, { recursive: true, force: true }));
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-cwd-'));
});
afterEach(async () => await rm(cwd, { recursive: true, force: true }));

/** Flags that make a run of a moment; later ones win. */
function tiny(...more: string[]): string[] {
  return [
    'train',
    '--data',
    data,
    '--epochs',
    '1',
    '--batch-size',
    '16',
    '--val-size',
    '8',
    '--threads',
    '0',
    '--no-report',
    ...more,
  ];
}

function expectRefusal(ended: Ended, message: RegExp, code = 2): void {
  expectError(ended, code, message);
}

/** What a run folder holds that has no model yet. */
const unfinished = [
  'checkpoints',
  'config.json',
  'config.schema.json',
  'history.json',
  'log.json',
  'metrics.om',
  'receipts.jsonl',
  'tensorboard',
];

describe('lockstep', () => {
  it('alone prints its help and exits with 2', async () => {
    const { exitCode, stdout, stderr } = await runCli([], { cwd });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: lockstep');
  });

  it('shows help and version on stdout', async () => {
    expect(await runCli(['--help'], { cwd })).toMatchObject({ exitCode: 0, stderr: '' });
    const help = await runCli(['train', '--help'], { cwd });
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    for (const text of [
      'Training:',
      'Data:',
      'Output:',
      '(default: 128,64)',
      'Examples:',
      '--no-augment',
      '--config',
    ]) {
      expect(help.stdout).toContain(text);
    }
    const version = await runCli(['--version'], { cwd });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  const old = nodeRelease('18.20.8');
  it.skipIf(old === null)('says of a Node that is too old what is needed', async () => {
    expectError(await runCli(['train'], { cwd, node: [old!] }), 2, /is 18\.20\.8, and Lockstep needs 20\.19 or newer/);
  });
});

describe('lockstep train', () => {
  it('leaves a run folder, and prints a table', async () => {
    const { exitCode, stdout, stderr } = await runCli(tiny('--epochs', '2'), { cwd });
    expect(exitCode).toBe(0);
    const [folder] = await readdir(join(cwd, 'runs'));
    expect(folder).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
    const files = [
      'checkpoints',
      'config.json',
      'config.schema.json',
      'history.json',
      'log.json',
      'metrics.om',
      'model.safetensors',
      'receipts.jsonl',
      'summary.json',
      'tensorboard',
    ];
    expect(await readdir(join(cwd, 'runs', folder!))).toEqual(files);
    expect(stdout).toContain(`Run folder     ${join('runs', folder!)}\n`);
    expect(stdout).toMatch(/^Test accuracy {2}[01]\.\d{4}\n/);
    expect(stdout).toMatch(/\nDigest {9}[0-9a-f]{64}\n/);
    expect(stderr).toContain('Configuration: {"epochs":2,"batchSize":16,"shards":8,"threads":0,');
    expect(stderr).toMatch(
      /^Epoch 2\/2, Training Loss: \d\.\d{4}, Training Accuracy: [01]\.\d{4}, Validation Loss: \d\.\d{4}, Validation Accuracy: [01]\.\d{4}$/m,
    );
  });

  it('prints nothing but the summary to stdout with --json, and nothing else with --quiet', async () => {
    const { exitCode, stdout, stderr } = await runCli(tiny('--json', '--out', 'run'), { cwd });
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(join(cwd, 'run', 'summary.json'), 'utf8')));
    expect(stderr).toContain('\nEpoch 1/1, Training Loss: ');
    expect(await runCli(tiny('--json', '--quiet'), { cwd })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('does the same again with the config.json of a run, and a flag goes before it', async () => {
    const digest = async (args: string[]) => JSON.parse((await runCli([...args, '--json'], { cwd })).stdout).digest;
    const first = await digest(tiny('--hidden', '12,7', '--no-augment', '--out', 'run'));
    const config = ['train', '--config', join('run', 'config.json')];
    expect(await digest(config)).toBe(first);
    expect(await digest([...config, '--seed', '7'])).not.toBe(first);
  });

  it('warns of workers that idle', async () => {
    const { stderr } = await runCli(tiny('--threads', '3', '--shards', '2', '--quiet'), { cwd });
    expect(stderr).toMatch(/^Warning: 3 workers but only 2 shards: .*--shards.*digest.*\n$/);
  });

  it('gives runs of the same second a folder each', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => runCli(tiny('--quiet'), { cwd })));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(await readdir(join(cwd, 'runs'))).toHaveLength(3);
  });

  it('goes on when nobody reads what it prints', async () => {
    const { child, ended } = startCli(tiny('--out', 'run'), { cwd });
    child.stdout!.destroy();
    child.stderr!.destroy();
    expect((await ended).exitCode).toBe(0);
    expect(await readdir(join(cwd, 'run'))).toContain('summary.json');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops at %s', async (signal, code) => {
    const { child, ended, seen } = startCli(tiny('--epochs', '100000', '--threads', '2', '--out', 'run'), { cwd });
    await seen('Epoch 1/100000');
    child.kill(signal);
    const result = await ended;
    expectRefusal(result, new RegExp(`${signal}: stopping`), code);
    expect(result.stderr).toMatch(/\n {2}Mend: Go on with: lockstep train --resume run\n$/);
    expect(await readdir(join(cwd, 'run'))).toEqual(unfinished);
  });
});

describe('bad usage', () => {
  const table: readonly [string[], RegExp][] = [
    [['train', '--no-augmentation'], /unknown option '--no-augmentation'[\s\S]*Did you mean --no-augment\?/i],
    [['train', '--batch=64'], /unknown option '--batch=64'[\s\S]*Did you mean --batch-size\?/i],
    [['--epochs', '3'], /unknown option '--epochs'[\s\S]*lockstep train --epochs/i],
    [['train', '--epochs'], /argument missing/],
    [['train', '--epochs', 'NaN'], /--epochs cannot be NaN/],
    [['train', '--epochs', '1.5'], /--epochs cannot be 1\.5/],
    [['train', '--epochs', ''], /--epochs cannot be empty/],
    [['train', '--epochs', '1e400'], /--epochs cannot be 1e400/],
    [['train', '--batch-size', '0'], /--batch-size cannot be 0/],
    [['train', '--shards', '6'], /--shards cannot be 6\n.*a power of two/],
    [['train', '--threads', '-1'], /--threads cannot be -1\n.*an integer from 0 to 64/],
    [['train', '--lr', 'nan'], /--lr cannot be nan/],
    [['train', '--lr', '0'], /--lr cannot be 0\n.*above 0/],
    [['train', '--lr', '-Infinity'], /--lr cannot be -Infinity/],
    [['train', '--seed', '-1'], /--seed cannot be -1/],
    [['train', '--hidden', '128,0'], /--hidden cannot be 128,0\n/],
    [['train', '--hidden', '128;64'], /--hidden cannot be 128;64/],
    [['train', '--val-size', '-5'], /--val-size cannot be -5/],
    [['train', '--max-steps', '0'], /--max-steps cannot be 0/],
    [['train', '--limit-train', 'all'], /--limit-train cannot be all/],
    [['train', '--out', ''], /--out cannot be empty/],
  ];
  it.each(table)('%j', async (args, message) => {
    expectRefusal(await runCli(args, { cwd }), message);
    expect(await readdir(cwd)).toEqual([]);
  });

  it.each([
    ['[]', /does not hold a JSON object/],
    ['{"lr": 1e999}', /"lr" in the configuration file .*, line 1 cannot be Infinity/],
  ])('the configuration file %s', async (text, message) => {
    await writeFile(join(cwd, 'config.json'), text);
    expectRefusal(await runCli(['train', '--config', 'config.json'], { cwd }), message);
    expect(await readdir(cwd)).toEqual(['config.json']);
  });

  it('shows the stack with --verbose', async () => {
    const { stderr } = await runCli(['train', '--epochs', '0', '--verbose'], { cwd });
    expect(stderr).toMatch(/^Error: --epochs cannot be 0\n[\s\S]*^\s+at /m);
  });
});

describe('bad data', () => {
  const table: readonly [string, (folder: string) => Promise<void>, RegExp][] = [
    ['files missing', (at) => spoil(at, 'testLabels', () => null), /missing is t10k-labels-idx1-ubyte/],
    ['a folder missing', (at) => rm(at, { recursive: true }), /cannot be read\n.*ENOENT/],
    ['an empty file', (at) => spoil(at, 'testImages', () => new Uint8Array(0)), /has no content\n.*has 0/],
    ['trailing bytes', (at) => spoil(at, 'trainLabels', (bytes) => Uint8Array.of(...bytes, 1)), /trailing bytes/],
    [
      'a wrong magic',
      (at) => spoil(at, 'trainImages', (bytes) => bytes.fill(7, 0, 4)),
      /is not an IDX file\n.*begins with 0x07070707/,
    ],
    [
      'labels for images',
      (at) => spoil(at, 'testImages', () => labelsFile([1])),
      /not a file of images\n.*as a file of labels/,
    ],
    ['a web page', (at) => spoil(at, 'testLabels', () => Buffer.from('<!DOCTYPE html>')), /it is a web page\n.*login/],
    [
      'a pipe that nobody writes to',
      async (at) => {
        await spoil(at, 'testLabels', () => null);
        execFileSync('mkfifo', [join(at, fileNames.testLabels)]);
      },
      /missing is t10k-labels-idx1-ubyte .*is a pipe/,
    ],
    ['no images', (at) => spoil(at, 'trainImages', () => idxFile([0, 28, 28], new Uint8Array(0))), /is empty/],
    ['fewer labels', (at) => spoil(at, 'trainLabels', () => labelsFile([0, 1, 2])), /has 3 labels.*has 64 images/],
    ['a label beyond', (at) => spoil(at, 'testLabels', (bytes) => bytes.fill(9, 20)), /label 9 of image 12/],
    ['another size', (at) => spoil(at, 'testImages', () => imagesFile(new Uint8Array(16 * 9), 3, 3)), /3x3.*28x28/],
    [
      'a corrupt .gz',
      async (at) => {
        await spoil(at, 'trainImages', (bytes) => gzipSync(bytes).fill(0xff, 30, 60));
      },
      /cannot be unpacked\n.*corrupt/,
    ],
  ];
  it.each(table)('%s', async (_, spoiled, message) => {
    await withFolder(async (folder) => {
      const spoiledData = join(folder, 'data');
      await writeTinyData(spoiledData);
      await spoiled(spoiledData);
      const result = await runCli(tiny('--data', spoiledData), { cwd });
      expectRefusal(result, message);
      expect(result.stderr).toContain(spoiledData);
      expect(await readdir(cwd)).toEqual([]);
    });
  });

  it.each([
    [['--val-size', '64'], /--val-size 64 leaves nothing/],
    [['--limit-train', '57'], /--limit-train 57 is more than there is\n.*has 56 samples/],
  ])('too few for %j', async (args, message) => {
    expectRefusal(await runCli(tiny(...args), { cwd }), message);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('a bad output folder', () => {
  it('that is not empty is left alone', async () => {
    await mkdir(join(cwd, 'run'));
    await writeFile(join(cwd, 'run', 'precious'), 'x');
    expectRefusal(await runCli(tiny('--out', 'run'), { cwd }), /run folder run is not empty/);
    expect(await readdir(join(cwd, 'run'))).toEqual(['precious']);
  });

  it.each(['file', 'file/run', '/proc/lockstep-run'])('%s', async (out) => {
    await writeFile(join(cwd, 'file'), 'x');
    expectRefusal(await runCli(tiny('--out', out), { cwd }), /cannot be made/);
    expect(await readdir(cwd)).toEqual(['file']);
  });

  it('that takes no file as large as the model', async () => {
    const result = await runCli(tiny('--out', 'run'), { cwd, maxFileKilobytes: 64 });
    expectRefusal(result, /model\.safetensors cannot be written\n.*\d{6} bytes failed: .*EFBIG/, 1);
    expect(await readdir(join(cwd, 'run'))).toEqual(unfinished);
  });
});

describe('a disk of its own', () => {
  let mounted: string | null = null;

  /** false where it cannot be: that takes root, and a system that lets root. */
  function mount(options: string): boolean {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', cwd], { stdio: 'ignore' });
      mounted = cwd;
      return true;
    } catch {
      return false;
    }
  }
  afterEach(() => {
    if (mounted !== null) execFileSync('umount', [mounted]);
    mounted = null;
  });
  const unmountable = 'a tmpfs cannot be mounted here (not root?)';

  it('that is full before the first step', async ({ skip }) => {
    if (!mount('size=64k')) skip(unmountable);
    await writeFile(join(cwd, 'filler'), new Uint8Array(65_536)).catch(() => {});
    expectRefusal(await runCli(tiny('--out', 'run'), { cwd }), /ENOSPC/);
    expect(await readdir(cwd)).toEqual(['filler']);
  });

  it('that is too small for the model', async ({ skip }) => {
    if (!mount('size=128k')) skip(unmountable);
    const result = await runCli(tiny('--out', 'run'), { cwd });
    expectRefusal(result, /model\.safetensors cannot be written\n.*the disk is full \(ENOSPC\)/, 1);
    expect(await readdir(join(cwd, 'run'))).toEqual(unfinished);
  });

  it('that is read-only', async ({ skip }) => {
    if (!mount('size=64k,ro')) skip(unmountable);
    expectRefusal(await runCli(tiny('--out', 'run'), { cwd }), /cannot be made\n.*read-only \(EROFS\)/);
    expectRefusal(await runCli(tiny(), { cwd }), /cannot be made\n.*read-only \(EROFS\)/);
  });
});
