// The likeliest mistakes of newcomers, each as it is typed: exit code, code, and what is said. `what | why | mend` are parts of
// the three lines. Needs dist/ (npm run build).

import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rows, train, warnings } from '../support/mistakes.ts';
import { type Running, runCli, startCli } from '../support/run-cli.ts';
import { spoil, writeTinyData } from '../support/tiny-data.ts';

const cwd = mkdtempSync(join(tmpdir(), 'lockstep-mistakes-'));
const at = (...path: string[]) => join(cwd, ...path);

const ports: Record<string, number> = {};
const servers: Server[] = [];
let coordinator: Running | null = null;
let busy: Running | null = null;

beforeAll(async () => {
  await writeTinyData(at('data'));
  await writeTinyData(at('five'), { classes: 5 });
  await writeTinyData(at('small'), { rows: 12, columns: 12 });
  await writeTinyData(at('cut'));
  await spoil(at('cut'), 'trainImages', (bytes) => bytes.subarray(0, 1000));
  for (const folder of ['empty', 'flat', 'classes/a', 'foreign']) mkdirSync(at(folder), { recursive: true });
  const files: Record<string, string | Uint8Array> = {
    'brace.json': '{"epochs": 3',
    'some.yaml': 'epochs: 3\n',
    'snake.json': '{"batch_size": 64}',
    'text.json': '{"epochs": "3"}',
    'foreign/config.json': '{"model": "resnet"}',
    'flat/a.png': 'x',
    'classes/a/a.gif': 'GIF89a',
    'none.png': '',
    'model.pt': Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0, 0, 8, 8, 0]),
    'what.csv': 'what,p0,p1,p2,p3\n1,0,0,0,9\n0,0,9,0,0\n',
    'words.csv': 'label,p0,p1,p2,p3\n1,0,0,zero,9\n',
    'key.pem': 'no key',
    'short.token': 'abc',
    token: 'a token of this test: 3f9b81c64aa7',
    other: 'another token of this test: 90aa1',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content, { mode: 0o600 });
  const trained = (name: string, ...more: string[]) =>
    runCli([...train.split(' '), '--out', name, ...more], { cwd }).then(({ exitCode, stderr }) => {
      expect(exitCode, stderr).toBe(0);
    });
  await Promise.all([trained('run'), trained('two', '--epochs', '2')]);
  cpSync(at('run'), at('broken'), { recursive: true });
  for (const step of readdirSync(at('broken/checkpoints'))) {
    if (step.startsWith('step-')) writeFileSync(at('broken/checkpoints', step, 'state.safetensors'), 'x');
  }
  writeFileSync(at('broken/model.safetensors'), 'x');
  copyFileSync(at('run/model.safetensors'), at('there.safetensors'));
  ports['TAKEN'] = await serve(() => undefined);
  ports['WEB'] = await serve((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
  });
  ports['NOBODY'] = await serve(() => undefined);
  servers.pop()!.close();
  const long = [...train.split(' '), '--epochs', '100000'];
  coordinator = startCli(
    [...long.filter((flag) => flag !== '--quiet'), '--listen', '127.0.0.1:0', '--metrics-port', 'off'].concat(
      '--min-workers 9 --token-file token --out waits'.split(' '),
    ),
    { cwd },
  );
  busy = startCli([...long.filter((flag) => flag !== '--quiet'), '--out', 'busy'], { cwd });
  const [said] = await Promise.all([coordinator.seen(/Listening at ws:\/\/127\.0\.0\.1:\d+/), busy.seen('Epoch 1/')]);
  ports['COORDINATOR'] = Number(/\d+$/.exec(said)![0]);
});

afterAll(async () => {
  for (const running of [coordinator, busy]) {
    running?.child.kill('SIGKILL');
    await running?.ended;
  }
  for (const server of servers) server.close();
  rmSync(cwd, { recursive: true, force: true });
});

async function serve(answer: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(answer as never);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** Two at a time: each is a process of a moment. */
const turns: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];

async function tried(typed: string, env: Readonly<Record<string, string>> = {}) {
  const before = turns.shift()!;
  const ended = before.then(() => run(typed, env));
  turns.push(ended);
  return await ended;
}

async function run(typed: string, env: Readonly<Record<string, string>>) {
  const words = typed.split(' ').map((word) => (word === "''" ? '' : word));
  const args = words.map((word) => word.replace(/[A-Z]{3,}(?=$|\/)/, (name) => String(ports[name] ?? name)));
  return await runCli([...args, '--verbose'], { cwd, env });
}

function expectSaid(stderr: string, says: string): void {
  const lines = /^(?:\[rank \d+\] )?Error: (.*)\n.*?Why: {2}(.*)\n.*?Mend: (.*)$/m.exec(stderr)?.slice(1) ?? [];
  expect(lines, stderr).toHaveLength(3);
  says.split(/ ?\| ?/).forEach((part, i) => {
    expect(lines[i]).toContain(part);
  });
}

const named = <R extends readonly [string, ...unknown[]]>(all: readonly R[]) =>
  all.map((row) => [row[0].replace(train, 'train'), row] as const);

describe.each(Object.entries(rows))('%s', (_, all) => {
  it.concurrent.each(named(all))('%s', async (_name, [typed, exitCode, code, says, env]) => {
    const { exitCode: ended, stderr } = await tried(typed, env);
    expectSaid(stderr, says);
    expect(stderr).toContain(`  Code: ERR_LOCKSTEP_${code}\n`);
    expect(ended, stderr).toBe(exitCode);
  });
});

describe('with a warning', () => {
  it.concurrent.each(named(warnings))('%s', async (_name, [typed, exitCode, says, env]) => {
    const { exitCode: ended, stderr } = await tried(typed, env);
    expect(stderr).toMatch(says);
    expect(ended, stderr).toBe(exitCode);
  });
});
