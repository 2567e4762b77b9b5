// deploy/systemd/: systemd-analyze accepts the unit, and its command works as a user without rights. What only a machine that systemd
// has started would show, no test sees. Needs dist/ (npm run build).

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { baseline, Cluster, has } from '../support/processes.ts';
import { pathWithLockstep, readmeOf } from '../support/readme-commands.ts';
import { startProgram } from '../support/run-cli.ts';
import { missing, output } from '../support/tools.ts';

const readme = readmeOf('deploy/systemd/README.md', 'test/deploy/systemd.slow.ts');
const deploy = fileURLToPath(new URL('../../deploy/systemd/', import.meta.url));
const unit = readFileSync(join(deploy, 'lockstep-worker.service'), 'utf8');

function setting(name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!);
}

/** A folder with what a user copies, and `lockstep`. */
async function copied(): Promise<{ cluster: Cluster; cwd: string; env: Record<string, string> }> {
  const cluster = await Cluster.start();
  cpSync(deploy, cluster.folder, { recursive: true });
  return { cluster, cwd: cluster.folder, env: { PATH: await pathWithLockstep(cluster.folder) } };
}

describe.skipIf(missing('systemd-analyze', 'systemd'))('systemd-analyze', () => {
  test('accepts the unit, and finds little exposed', async () => {
    const { cwd, env } = await copied();
    const { exitCode, stdout, stderr } = await readme.run('check', { cwd, env }).ended;
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    // all that verify has to say
    expect(stderr).toBe('');
    expect(stdout).toMatch(/Overall exposure level for lockstep-worker\.service: \d/);
  });

  test.each([
    ['verify', 'Restart=on-failure', 'Restart=on-fault', /on-fault/],
    ['security', 'CapabilityBoundingSet=\n', '', /exposure level/],
  ])('%s complains of a worse one', async (_, what, by, said) => {
    const { cwd, env } = await copied();
    expect(unit).toContain(what);
    await writeFile(join(cwd, 'lockstep-worker.service'), unit.replace(what, by));
    const { exitCode, stdout, stderr } = await readme.run('check', { cwd, env }).ended;
    expect(`${stdout}${stderr}`).toMatch(said);
    expect(exitCode === 0 && stderr === '').toBe(false);
  });
});

test('the unit restarts what a restart can mend, and lets V8 write code', () => {
  expect(setting('Restart')).toEqual(['on-failure']);
  expect(setting('RestartPreventExitStatus')).toEqual(['2 3']);
  expect(setting('MemoryDenyWriteExecute')).toEqual([]);
});

test('it is installed with a token that its owner alone can read', async () => {
  const { cwd, env } = await copied();
  await writeFile(join(cwd, 'token'), 'a-secret-of-this-test-alone\n');
  const { exitCode, stderr } = await readme.run('install', { cwd, env, instead: { ' /etc/': ' root/etc/' } }).ended;
  expect(exitCode, stderr).toBe(0);
  const mode = async (path: string) => (await stat(join(cwd, 'root/etc', path))).mode & 0o777;
  expect(await mode('lockstep/token')).toBe(0o600);
  expect(await mode('systemd/system/lockstep-worker.service')).toBe(0o644);
  // where the unit looks for them
  expect(setting('EnvironmentFile')).toEqual(['/etc/lockstep/worker.env']);
  expect(setting('LoadCredential')).toEqual(['token:/etc/lockstep/token']);
  const given = output('sh', ['-c', `. ${join(cwd, 'root/etc/lockstep/worker.env')}; echo "$LOCKSTEP_COORDINATOR"`]);
  expect(given).toMatch(/^ws:\/\//);
});

const noRights = process.getuid?.() !== 0 || !has('setpriv') ? 'it takes root and setpriv to be another user' : null;
if (noRights !== null) console.info(`the command of ExecStart: skipped, ${noRights}`);

// Debian's own Python, which has Debian's packages
const python = '/usr/bin/python3';
const noFilter =
  spawnSync(python, ['-c', 'import seccomp']).status !== 0 || !has('systemd-analyze')
    ? 'no python3-seccomp or systemd here'
    : null;
if (noFilter !== null) console.info(`the system calls of the unit: not filtered, ${noFilter}`);
const filter = fileURLToPath(new URL('../support/python/system-call-filter.py', import.meta.url));
const filtered = noFilter === null ? [python, filter, ...setting('SystemCallFilter'), '--'] : [];

test.skipIf(noRights !== null)('its command works as a user without rights, and ends with 143', async () => {
  const { cluster, cwd, env } = await copied();
  const nobody = 65_534;
  const credentials = join(cwd, 'credentials');
  await chmod(cwd, 0o755);
  await mkdir(credentials);
  const token = 'a-secret-of-this-test-alone';
  await writeFile(join(credentials, 'token'), `${token}\n`, { mode: 0o400 });
  for (const path of [credentials, join(credentials, 'token')]) await chown(path, nobody, nobody);
  const args = ['--epochs', '2', '--batch-size', '256', '--limit-train', '2000'];
  const coordinator = await cluster.coordinator(args, { env: { LOCKSTEP_TOKEN: token } });
  const rights = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--no-new-privs',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ];
  const [command] = setting('ExecStart');
  const worker = startProgram(['setpriv', ...rights, ...filtered, 'sh', '-c', `exec ${command}`], {
    cwd: '/',
    env: {
      ...env,
      LOCKSTEP_COORDINATOR: coordinator.url,
      LOCKSTEP_OPTIONS: '--threads 1 --name service',
      CREDENTIALS_DIRECTORY: credentials,
    },
  });
  onTestFinished(() => void worker.child.kill('SIGKILL'));
  await coordinator.seen(/worker \d+ joined: service /);
  const status = readFileSync(`/proc/${worker.child.pid}/status`, 'utf8');
  expect(status).toMatch(/^Uid:\s+65534\s+65534/m);
  expect(status).toMatch(/^CapBnd:\s+0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  if (noFilter === null) expect(status).toMatch(/^Seccomp:\s+2$/m);
  expect(readFileSync(`/proc/${worker.child.pid}/cmdline`, 'utf8')).not.toContain(token);
  expect(await coordinator.bits()).toEqual(await baseline(args));
  // it waits for the next run
  worker.child.kill('SIGTERM');
  const { exitCode, stderr } = await worker.ended;
  expect(exitCode, stderr).toBe(143);
  expect(setting('SuccessExitStatus')).toEqual(['143']);
});

test.skipIf(!has('python3'))('MemoryDenyWriteExecute would end Node', () => {
  // PR_SET_MDWE of Linux 6.3, which refuses what systemd's filter refuses
  const script = `import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit('no such prctl here')
os.execv(sys.argv[1], [sys.argv[1], '-e', 'setTimeout(() => {}, 1)'])`;
  const { signal, stderr } = spawnSync('python3', ['-c', script, process.execPath], { encoding: 'utf8' });
  if (stderr.includes('no such prctl')) return console.info('MemoryDenyWriteExecute: skipped, Linux before 6.3');
  expect(signal, stderr).toBe('SIGTRAP');
});
