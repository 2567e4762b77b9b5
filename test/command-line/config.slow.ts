// `lockstep config`, and the variables LOCKSTEP_*: who has the word, what --resume makes of them, and which commands take none.
// Needs dist/.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../support/processes.ts';
import { builtCli, type Ended, expectError, runCli, startProgram } from '../support/run-cli.ts';
import { runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let cwd: string;
let digest: string;
const options = { batchSize: 32, hidden: [12], valSize: 50, epochs: 1, seed: 7, threads: 0, keepLast: 9 } as const;
/** The same as variables, and nothing of it is a default. */
const variables = {
  LOCKSTEP_DATA: 'data',
  LOCKSTEP_BATCH_SIZE: '32',
  LOCKSTEP_HIDDEN: '12',
  LOCKSTEP_VAL_SIZE: '50',
  LOCKSTEP_EPOCHS: '1',
  LOCKSTEP_SEED: '7',
  LOCKSTEP_THREADS: '0',
  LOCKSTEP_REPORT: '0',
};

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-config-'));
  await writeTinyData(join(cwd, 'data'), { train: 210, test: 40, classes: 4 });
  const run = {
    ...options,
    data: join(cwd, 'data'),
    report: false,
    checkpointEvery: 2,
    out: join(cwd, 'run'),
  } as const;
  digest = (await runOnDisk(run)).summary.digest;
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

const cli = async (args: readonly string[], env: Record<string, string> = {}) => await runCli(args, { cwd, env });
const json = async (...path: string[]) => JSON.parse(await readFile(join(cwd, ...path), 'utf8'));

describe('lockstep train', () => {
  it('takes each flag from the environment, says so, and leaves the same bits', async () => {
    const { exitCode, stdout, stderr } = await cli(['train', '--json', '--out', 'env'], variables);
    expect([exitCode, JSON.parse(stdout).digest]).toEqual([0, digest]);
    // in the order of the help
    expect(stderr.split('\n')[0]).toBe(
      `From the environment: ${['EPOCHS', 'BATCH_SIZE', 'THREADS', 'SEED', 'HIDDEN', 'VAL_SIZE', 'DATA', 'REPORT']
        .map((name) => `LOCKSTEP_${name}`)
        .join(', ')}`,
    );
    const config = await json('env', 'config.json');
    expect(config).toMatchObject({ batchSize: 32, hidden: [12], seed: 7, valSize: 50 });
    // beside it the schema that it names, of which it is one
    const schema = await json('env', config['$schema']);
    expect(new Ajv({ strictTypes: false }).validate(schema, config)).toBe(true);
    expect(await readdir(join(cwd, 'env'))).not.toContain('report.html');
  });

  it('names what it does not know, and what cannot be, and knows a link of Kubernetes', async () => {
    const links = { LOCKSTEP_PORT: 'tcp://10.0.0.1:7070', LOCKSTEP_SERVICE_HOST: '10.0.0.1', LOCKSTEP_EPOCHS: '' };
    const ended = await cli(['config', '--quiet'], { ...links, LOCKSTEP_BATCHSIZE: '9' });
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr).toBe(
      'Warning: the variable LOCKSTEP_BATCHSIZE is passed over: no flag has that name. Did you mean LOCKSTEP_BATCH_SIZE?\n',
    );
    const impossible = await cli(['train', '--epochs', '1'], { ...variables, LOCKSTEP_EPOCHS: 'many' });
    expectError(impossible, 2, /The variable LOCKSTEP_EPOCHS cannot be many/);
  });

  it('with --resume they are changes as flags are', async () => {
    const refused = await cli(['train', '--resume', 'run', '--out', 'no'], { LOCKSTEP_BATCH_SIZE: '16' });
    expectError(refused, 2, /run was started with another batchSize/);
    expect(refused.stderr).toContain('From the environment: LOCKSTEP_BATCH_SIZE\n');
    const more = { LOCKSTEP_EPOCHS: '2', LOCKSTEP_LR: '0.5', LOCKSTEP_ALLOW_CHANGE: 'lr' };
    expect((await cli(['train', '--resume', 'run', '--out', 'on', '--no-report'], more)).exitCode).toBe(0);
    const { epochs, lr, seed, record } = await json('on', 'config.json');
    expect([epochs, lr, seed]).toEqual([2, 0.5, 7]);
    expect(record.changes).toMatchObject([{ name: 'lr', from: 0.001, to: 0.5 }]);
  });
});

describe('what decides bits is taken from the run alone by', () => {
  /** Each would be another run. */
  const others = {
    ...{
      LOCKSTEP_SEED: '8',
      LOCKSTEP_BATCH_SIZE: '64',
      LOCKSTEP_HIDDEN: '9',
      LOCKSTEP_LR: '0.5',
      LOCKSTEP_EPOCHS: '3',
    },
    ...{ LOCKSTEP_DATA: '/nowhere', LOCKSTEP_SHARDS: '2', LOCKSTEP_AUGMENT: '0', LOCKSTEP_VAL_SIZE: '9' },
    ...{ LOCKSTEP_TRANSPOSE: '1', LOCKSTEP_LIMIT_TRAIN: '50', LOCKSTEP_PRESET: 'best', LOCKSTEP_MAX_STEPS: '1' },
    ...{ LOCKSTEP_OUT: 'elsewhere', LOCKSTEP_RESUME: '/nowhere', LOCKSTEP_CONFIG: '/nowhere', LOCKSTEP_WITHOUT: '3' },
    ...{ LOCKSTEP_NAME: ' ', LOCKSTEP_CONNECT: 'ws://127.0.0.1:1', LOCKSTEP_NO_SUCH: '1', LOCKSTEP_SCHEDULE: 'cosine' },
  };
  const same = ({ exitCode, stdout, stderr }: Ended) => ({
    exitCode,
    stdout,
    stderr: stderr.replaceAll(/[\d.]+ s\b/g, ''),
  });

  it.each([
    ['evaluate', ['run', '--json']],
    ['audit', ['run', '--all', '--json']],
    ['replay', ['run', '--step', '3', '--json']],
    ['bisect', ['run', 'run', '--json']],
    ['compare', ['run', 'run', '--json']],
  ])('%s', async (command, args) => {
    const [plain, surrounded] = await Promise.all([cli([command, ...args]), cli([command, ...args], others)]);
    expect(surrounded.exitCode, surrounded.stderr).toBe(0);
    expect(same(surrounded)).toEqual(same(plain));
  });

  it('fork', async () => {
    const args = (out: string) => ['fork', 'run', '--at', '2', '--lr', '0.01', '--no-report', '--out', out];
    const ended = await Promise.all([cli(args('plain')), cli(args('surrounded'), others)]);
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await json('surrounded', 'config.json')).toEqual(await json('plain', 'config.json'));
    expect((await json('surrounded', 'summary.json')).digest).toBe((await json('plain', 'summary.json')).digest);
  });

  it('the library, which reads none', async () => {
    const library = pathToFileURL(builtCli.replace('cli.js', 'library.js'));
    const given = JSON.stringify({ ...options, data: 'data', checkpointEvery: 2 });
    const text = `import { train } from '${library}'; console.log((await train(${given})).digest)`;
    const command = [process.execPath, '--input-type=module', '-e', text];
    const ended = await startProgram(command, { cwd, env: others }).ended;
    expect(ended).toEqual({ exitCode: 0, stdout: `${digest}\n`, stderr: '' });
  });
});

it('a worker takes its flags from the environment as well', async () => {
  const cluster = await Cluster.start();
  const data = join(cwd, 'data');
  const few = ['--data', data, '--val-size', '50', '--hidden', '12', '--batch-size', '32', '--epochs', '1'];
  const coordinator = await cluster.coordinator(few);
  const env = { LOCKSTEP_CONNECT: coordinator.url, LOCKSTEP_NAME: 'attic', LOCKSTEP_THREADS: '1' };
  const worker = cluster.start(['worker', '--name', 'cellar', '--json'], { env });
  await coordinator.seen(/worker \d+ joined: cellar /);
  expect((await worker.ended).exitCode).toBe(0);
  await coordinator.bits();
});

describe('lockstep config', () => {
  it('says where each value comes from, reads no data, and shows no password', async () => {
    await writeFile(join(cwd, 'my.json'), JSON.stringify({ lr: 0.002, epochs: 3, pushgateway: 'http://u:secret@h:9' }));
    const args = ['config', '--config', 'my.json', '--data', 'not-there', '--preset', 'best', '--seed', '9'];
    const table = await cli(args, { LOCKSTEP_EPOCHS: '4' });
    expect([table.exitCode, table.stderr]).toEqual([0, '']);
    const rows = new Map(table.stdout.split('\n').map((line) => [line.split(' ')[0], line.split(/ {2,}/).slice(1)]));
    expect(rows.get('seed')).toEqual(['9', 'flag --seed']);
    expect(rows.get('epochs')).toEqual(['4', 'variable LOCKSTEP_EPOCHS']);
    expect(rows.get('lr')).toEqual(['0.004', 'preset best (flag --preset)']);
    expect(rows.get('pushgateway')).toEqual(['http://***@h:9', 'file my.json']);
    expect(rows.get('shards')).toEqual(['8', 'default']);
    const asJson = await cli([...args, '--json'], { LOCKSTEP_EPOCHS: '4' });
    const { options: values, from, given } = JSON.parse(asJson.stdout);
    expect(values).toMatchObject({ seed: 9, epochs: 4, lr: 0.004, pushgateway: 'http://***@h:9', json: true });
    expect(from).toMatchObject({
      seed: 'flag',
      epochs: 'environment',
      lr: 'preset',
      pushgateway: 'file',
      shards: 'default',
    });
    expect(given).toMatchObject({ epochs: 'variable LOCKSTEP_EPOCHS', lr: 'preset best (flag --preset)' });
    for (const { stdout } of [table, asJson]) expect(stdout).not.toContain('secret');
  });

  it('lays the run that goes on under what is given', async () => {
    const { stdout } = await cli(['config', '--resume', 'run', '--json', '--epochs', '5']);
    const { options: values, from } = JSON.parse(stdout);
    expect(values).toMatchObject({ seed: 7, epochs: 5, hidden: [12] });
    expect(from).toMatchObject({ seed: 'run', epochs: 'flag', quiet: 'default' });
  });

  it.each([
    [['--batch-size', '4'], /--batch-size 4 is below --shards 8/],
    [['--config', 'nowhere.json'], /The configuration file nowhere.json cannot be used/],
    [['--resume', 'nowhere'], /nowhere/],
  ])('refuses %j as train does', async (args, message) => {
    expectError(await cli(['config', ...args]), 2, message);
  });
});
