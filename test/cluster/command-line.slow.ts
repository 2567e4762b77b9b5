// What the flags of a cluster answer when they are wrong, the help of both commands, and where a token never shows.
// Needs dist/ (npm run build).

import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../support/processes.ts';
import { expectError, runCli } from '../support/run-cli.ts';
import { writeTinyData } from '../support/tiny-data.ts';

const cwd = tmpdir();
const tiny = ['--epochs', '1', '--batch-size', '16', '--val-size', '8', '--data', 'data'];

/** A cluster with tiny data in its folder. */
async function tinyCluster(): Promise<Cluster> {
  const cluster = await Cluster.start();
  await writeTinyData(join(cluster.folder, 'data'));
  return cluster;
}

describe('lockstep train --listen', () => {
  const table: readonly [string[], RegExp][] = [
    [['--listen', ''], /--listen cannot be empty/],
    [['--listen', 'nonsense'], /--listen nonsense is no address\n.*HOST:PORT/],
    [['--listen', '7070'], /--listen 7070 is no address/],
    [['--listen', '127.0.0.1:65536'], /no address\n.*0 to 65535/],
    [['--listen', '::1:7070'], /--listen ::1:7070 is no address[\s\S]*\[::1\]/],
    [['--listen', 'ws://127.0.0.1:0'], /no address/],
    [['--listen', '0.0.0.0:0'], /Listening at 0\.0\.0\.0 needs a token\n[\s\S]*openssl rand[\s\S]*--token-file/],
    [['--listen', '[::]:0'], /Listening at :: needs a token/],
    [['--listen', '127.0.0.1:0', '--token-file', 'missing'], /token file missing cannot be read\n.*ENOENT/],
    [['--listen', '127.0.0.1:0', '--token-file', 'empty'], /no token in empty\n.*it is empty/],
    [['--listen', 'no-such-host.invalid:0', '--insecure'], /Listening at no-such-host\.invalid:0 failed/],
    [['--listen', '127.0.0.1:0', '--min-workers', '0'], /--min-workers cannot be 0/],
    [['--listen', '127.0.0.1:0', '--heartbeat-timeout', '0'], /--heartbeat-timeout cannot be 0/],
    [['--listen', '127.0.0.1:0', '--join-timeout', '-1'], /--join-timeout cannot be -1/],
  ];
  it.each(table)('%j', async (flags, message) => {
    const cluster = await tinyCluster();
    await writeFile(join(cluster.folder, 'empty'), ' \n');
    expectError(await runCli(['train', ...tiny, ...flags], { cwd: cluster.folder }), 2, message);
  });

  it('a port that is taken', async () => {
    const cluster = await tinyCluster();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const result = await runCli(['train', ...tiny, '--listen', `127.0.0.1:${port}`], { cwd: cluster.folder });
    server.close();
    expectError(result, 2, new RegExp(`Listening at 127.0.0.1:${port} failed\n.*another program listens there`));
  });

  it('warns when anybody may join', async () => {
    const cluster = await tinyCluster();
    const flags = ['--insecure', '--listen', '0.0.0.0:0', '--threads', '1', '--out', 'run'];
    const { exitCode, stderr } = await runCli(['train', ...tiny, ...flags], { cwd: cluster.folder });
    expect(stderr).toMatch(/^Warning: anybody who can reach 0\.0\.0\.0 may join this run: there is no token/m);
    expect(exitCode).toBe(0);
  });

  it('leaves nothing behind when it cannot begin', async () => {
    const cluster = await tinyCluster();
    const flags = ['--listen', '127.0.0.1:0', '--threads', '0', '--join-timeout', '0.1', '--out', 'run'];
    expectError(await runCli(['train', ...tiny, ...flags], { cwd: cluster.folder }), 75, /Not enough workers came/);
    await expect(readFile(join(cluster.folder, 'run', 'config.json'))).rejects.toThrow('ENOENT');
  });

  it('help names its flags', async () => {
    const { stdout, exitCode } = await runCli(['train', '--help'], { cwd });
    expect(exitCode).toBe(0);
    for (const flag of ['--listen', '--token-file', '--min-workers', '--join-timeout', '--heartbeat-timeout']) {
      expect(stdout).toContain(`${flag} <`);
    }
    for (const flag of ['--tls-cert <', '--tls-key <', '--allow-origin <', '--insecure '])
      expect(stdout).toContain(flag);
  });
});

describe('lockstep worker', () => {
  const address = ['--connect', 'ws://127.0.0.1:9'];
  const table: readonly [string[], RegExp][] = [
    [[], /--connect is missing\n.*ws:\/\/HOST:PORT/],
    [['--connect', 'nonsense'], /--connect cannot be nonsense/],
    [['--connect', '127.0.0.1:7070'], /--connect cannot be 127\.0\.0\.1:7070/],
    [['--connect', 'http://127.0.0.1:7070'], /--connect cannot be /],
    [['--connect', 'ws://127.0.0.1:99999'], /--connect cannot be /],
    [['--connect', 'ws://127.0.0.1:7070/path'], /--connect cannot be /],
    [['--connect', 'ws://127.0.0.1:7070/?a=b'], /--connect cannot be /],
    [['--connect', 'ws://127.0.0.1:7070#a'], /--connect cannot be /],
    [['--connect', 'ws://us%zzer@127.0.0.1:7070'], /--connect cannot be ws:..\*\*\*@127\.0\.0\.1:7070/],
    [['--connect'], /argument missing/],
    [[...address, '--threads', '0'], /--threads (is|cannot be) 0\n.*an integer from 1 to 64/],
    [[...address, '--threads', '65'], /--threads (is|cannot be) 65/],
    [[...address, '--threads', 'two'], /--threads (is|cannot be) "?two/],
    [[...address, '--name', ''], /--name (is|cannot be)/],
    [[...address, '--name', 'x'.repeat(65)], /--name "x+" cannot be used\n.*1 to 64 printable/],
    [[...address, '--name', 'a\nb'], /--name "a\\nb" cannot be used/],
    [[...address, '--retry-for', '0'], /--retry-for (is|cannot be) 0/],
    [[...address, '--token-file', 'missing'], /token file missing cannot be read\n.*ENOENT/],
    [[...address, '--tls-ca', 'missing'], /certificate authority missing cannot be read\n.*ENOENT/],
    [[...address, '--data', 'missing'], /missing.* cannot be read\n.*ENOENT/],
    [[...address, '--thread', '2'], /unknown option '--thread'[\s\S]*Did you mean --threads\?/i],
    [[...address, '--epochs', '2'], /unknown option '--epochs'\n[\s\S]*It is a flag of lockstep train, /i],
    [['ws://127.0.0.1:7070'], /too many arguments/i],
  ];
  it.each(table)('%j', async (flags, message) => {
    const cluster = await Cluster.start();
    const result = await cluster.start(['worker', ...flags]).ended;
    expectError(result, 2, message);
    expect(result.stderr).not.toContain('lockstep train --help');
  });

  it('says what a server is that is no coordinator', async () => {
    const cluster = await Cluster.start();
    const server = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { ended } = cluster.worker(`ws://127.0.0.1:${port}`, 'a', ['--retry-for', '1']);
    const result = await ended;
    expectError(result, 75, /within 1 s|for 1 s|--retry-for/);
    expect(result.stderr).toContain('a proxy or server that is no coordinator answered with 404');
    server.close();
  });

  it('help names all flags and the exit codes', async () => {
    const { stdout, stderr, exitCode } = await runCli(['worker', '--help'], { cwd });
    expect([exitCode, stderr]).toEqual([0, '']);
    const flags = ['connect', 'threads', 'name', 'data', 'token-file', 'tls-ca', 'retry-for'];
    for (const flag of flags) expect(stdout).toContain(`--${flag} <`);
    for (const flag of ['--keep-alive ', '--json ', '--verbose ', 'Exit codes:', '75']) expect(stdout).toContain(flag);
  });

  it('receives what it has not, and prints one object with --json', async () => {
    const cluster = await tinyCluster();
    const coordinator = await cluster.coordinator(tiny);
    const { stdout, stderr, exitCode } = await cluster.worker(coordinator.url, 'a', ['--json']).ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('receiving the dataset');
    expect(stdout.split('\n')).toEqual([expect.stringMatching(/^\{.*\}$/), '']);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'a', joined: 1, samplesDone: 56, reason: 'the run is over' });
    await coordinator.bits();
  });
});

describe('a token', () => {
  const token = 'f00d-5ecret-7oken';

  it.each(['file', 'environment'])('from the %s shows nowhere', async (source) => {
    const cluster = await tinyCluster();
    await writeFile(join(cluster.folder, 'token'), `${token}\n`);
    const flags = source === 'file' ? ['--token-file', 'token'] : [];
    const surroundings = source === 'file' ? {} : { env: { LOCKSTEP_TOKEN: token } };
    const out = ['--out', 'run', '--verbose'];
    const listen = ['--listen', '0.0.0.0:0', '--min-workers', '2'];
    const coordinator = await cluster.coordinator([...tiny, ...out, ...listen, ...flags], surroundings);
    const url = coordinator.url.replace('0.0.0.0', '127.0.0.1');
    const a = cluster.worker(url, 'a', [...flags, '--verbose'], surroundings);
    await coordinator.seen('worker 1 joined: a');
    for (const { child } of [coordinator, a]) {
      expect(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).not.toContain(token);
    }
    const b = cluster.worker(url, 'b', [...flags, '--verbose'], surroundings);
    const ends = await Promise.all([coordinator.ended, a.ended, b.ended]);
    for (const { exitCode, stdout, stderr } of ends) {
      expect(`${stdout}${stderr}`).not.toContain(token);
      expect(exitCode, stderr).toBe(0);
    }
    for (const file of ['config.json', 'summary.json', 'history.json']) {
      expect(await readFile(join(cluster.folder, 'run', file), 'utf8')).not.toContain(token);
    }
  });
});
