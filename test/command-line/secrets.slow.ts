// What the program prints and writes, from outside: no password of an address, and nothing that a terminal would obey.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { withFolder } from '../support/tiny-data.ts';

const short = ['--epochs', '1', '--batch-size', '512', '--limit-train', '1024', '--val-size', '500', '--threads', '0'];

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Everything that was printed or written, as bytes. */
function allOf(texts: readonly string[], folder: string): string {
  return [...texts, ...filesIn(folder).map((file) => readFileSync(file, 'latin1'))].join('\n');
}

async function gateway(status: number, body: string) {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    request.resume();
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, authorizations };
}

test('name and password of a Pushgateway are sent, and shown nowhere', async () => {
  await withFolder(async (folder) => {
    const good = await gateway(202, '');
    const bad = await gateway(401, 'no, \x1b[2J\r\nWarning: forged\u202e');
    for (const [i, { host }] of [good, bad].entries()) {
      const out = join(folder, `run${i}`);
      const url = `http://us%40er:s%3Acr%2Fet@${host}`;
      const { exitCode, stdout, stderr } = await runCli(
        ['train', ...short, '--out', out, '--pushgateway', url, '--verbose'],
        { cwd: tmpdir() },
      );
      expect(exitCode, stderr).toBe(0);
      const all = allOf([stdout, stderr], out);
      expect(all).toContain('Configuration');
      expect(all).not.toMatch(/s%3Acr|s:cr|cr%2Fet|cr\/et|us%40er/);
      expect(all).not.toContain(Buffer.from('us@er:s:cr/et').toString('base64'));
      if (i === 0) expect(stderr).not.toContain('Warning');
      else
        expect(stderr).toMatch(
          new RegExp(`Pushgateway at http://${host}/ was not reached: it answered 401: no, +\\[2J Warning: forged`),
        );
    }
    const authorization = `Basic ${Buffer.from('us@er:s:cr/et').toString('base64')}`;
    expect([good.authorizations, bad.authorizations]).toEqual([[authorization], [authorization]]);
  });
});

test.each([
  [['train', '--pushgateway', 'ftp://user:secret@h']],
  [['train', '--pushgateway', 'http://user:se%zzcret@h']],
  [['train', '--pushgateway=http://user:secret@h?x=1', '--verbose']],
  [['train', '--pushgatway=http://user:secret@h']],
  [['train', '--pushgatway=http://us"er:se cr"secret@h']],
  [['worker', '--conect=ws://us er:secret@h\n']],
  [['train', 'http://user:secret@h']],
  [['train', '--listen', 'user:secret@h:7070']],
  [['train', '--metrics-host', 'user:secret@h', '--metrics-port', '0']],
  [['train', '--allow-origin', 'https://user:secret@h']],
  [['train', '--config', 'http://user:secret@h/config.json']],
  [['worker', '--connect', 'http://user:secret@h']],
  [['worker', '--connect', 'ws://user:se%zzcret@h:1']],
  [['worker', '--connect', 'ws://user:secret@127.0.0.1:9', '--name', 'a\nb', '--verbose']],
])('%j is refused without telling the password', async (args) => {
  const { exitCode, stdout, stderr } = await runCli(args, { cwd: tmpdir() });
  expect(exitCode).toBe(2);
  expect(stdout + stderr).not.toMatch(/secret|se%zz/);
  expect(stderr).toMatch(/^Error: /);
});

test('a worker that finds nobody tells no password', async () => {
  const url = 'ws://user:secret@127.0.0.1:9';
  const { exitCode, stderr } = await runCli(['worker', '--connect', url, '--retry-for', '0.2', '--verbose'], {
    cwd: tmpdir(),
  });
  expect(exitCode).toBe(75);
  expect(stderr).toContain('ws://127.0.0.1:9');
  expect(stderr).not.toMatch(/secret|user/);
});

test('names of files and folders, options and the environment move no cursor', async () => {
  await withFolder(async (folder) => {
    const evil = 'e\x1b[2Jvil\x9b31m\u202e\u200b\u2066';
    const unseen = /[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/u;
    const out = join(folder, `${evil}\nWarning: forged`);
    const trained = await runCli(['train', ...short, '--out', out, '--metrics-port', '0'], { cwd: tmpdir() });
    expect(trained.exitCode, trained.stderr).toBe(0);
    const said = [trained.stdout, trained.stderr];
    const picture = join(folder, `${evil}.png`);
    writeFileSync(picture, 'no picture');
    mkdirSync(join(folder, evil));
    writeFileSync(join(folder, `${evil}.json`), `{"epochs": "${evil.replaceAll('\x1b', '\\u001b')}"}`);
    for (const args of [
      ['predict', out, picture],
      ['predict', out, picture, '--json'],
      ['evaluate', out, '--json'],
      ['evaluate', join(folder, evil)],
      ['report', out],
      ['export', out, '--format', 'onnx'],
      ['train', '--data', join(folder, evil)],
      ['train', '--config', join(folder, `${evil}.json`)],
      ['train', '--config', `missing${evil}`],
      ['train', '--resume', join(folder, evil), '--verbose'],
      ['train', '--epochs', evil],
      ['train', `--${evil}`],
      ['train', '--preset', evil],
      ['train', '--listen', evil],
      ['train', '--metrics-port', '0', '--metrics-host', evil],
      ['train', '--listen', '127.0.0.1:0', '--token-file', `missing${evil}`],
      ['worker', '--connect', `ws://${evil}`],
      ['worker', '--connect', 'ws://127.0.0.1:9', '--name', evil],
      [evil],
    ]) {
      const { stdout, stderr } = await runCli(args, { cwd: tmpdir() });
      said.push(stdout, stderr);
      expect(stdout + stderr, JSON.stringify(args)).not.toBe('');
      expect(stdout + stderr, JSON.stringify(args)).not.toMatch(unseen);
      expect(stdout + stderr, JSON.stringify(args)).not.toMatch(/^Warning: forged/m);
    }
    for (const name of ['config.json', 'log.json', 'summary.json', 'history.json', 'metrics.om', 'report.html']) {
      expect(existsSync(join(out, name)), name).toBe(true);
      expect(readFileSync(join(out, name), 'utf8'), name).not.toMatch(unseen);
    }
    expect(said.join('')).not.toMatch(unseen);
  });
});

test('a port for metrics that was asked for and is taken is an error, for a worker as well', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  await withFolder(async (folder) => {
    const at = ['--metrics-port', String(port)];
    const out = join(folder, 'run');
    for (const args of [
      ['train', ...short, '--out', out, ...at],
      ['worker', '--connect', 'ws://127.0.0.1:9', '--retry-for', '5', ...at],
      [
        'worker',
        '--connect',
        'ws://127.0.0.1:9',
        '--retry-for',
        '5',
        '--metrics-port',
        '0',
        '--metrics-host',
        '192.0.2.1',
      ],
    ]) {
      const { exitCode, stderr } = await runCli(args, { cwd: tmpdir() });
      expect(exitCode, stderr).toBe(2);
      expect(stderr).toMatch(/Error: Metrics cannot be served at .*\n {2}Why: .*\n {2}Mend: .*--metrics-port/);
    }
    expect(existsSync(out)).toBe(false);
  });
});
