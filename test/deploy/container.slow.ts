// deploy/container/Dockerfile, built by buildah on a base of this machine's own Node and npm, and run: by `buildah run`, and its entry
// point as process 1. Needs buildah, npm's registry, root, and dist/ (npm run build).

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { makeNodeBase, storageIn } from '../support/node-base.ts';
import { baseline } from '../support/processes.ts';
import { readmeOf } from '../support/readme-commands.ts';
import { missing, output } from '../support/tools.ts';

const readme = readmeOf('deploy/container/README.md', 'test/deploy/container.slow.ts');
const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = ['--epochs', '2', '--batch-size', '256', '--limit-train', '5000'];

const notRoot = process.getuid?.() !== 0;
if (notRoot) console.info('the container image: skipped, buildah without an engine needs root');

describe.skipIf(missing('buildah', 'buildah') || notRoot)('the image', () => {
  let folder: string;
  let buildah: readonly string[];
  /** Its files. */
  let root: string;
  let image: { User: string; Entrypoint: string[]; WorkingDir: string; Env: string[]; Healthcheck: { Test: string[] } };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-image-'));
    buildah = storageIn(folder);
    makeNodeBase(folder);
    const cache = output('npm', ['config', 'get', 'cache']).trim();
    const text = readme.text('build');
    expect(text).toMatch(/^buildah bud /);
    // where the images lie, and which base: what a registry would have
    const given = `buildah ${buildah.join(' ')} bud --build-arg NODE_IMAGE=localhost/node-base --volume ${cache}:/root/.npm `;
    execFileSync('sh', ['-c', text.replace('buildah bud ', given)], {
      cwd: repository,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [container] = [output('buildah', [...buildah, 'from', 'lockstep:local']).trim()];
    root = output('buildah', [...buildah, 'mount', container]).trim();
    image = JSON.parse(output('buildah', [...buildah, 'inspect', '--type', 'image', 'lockstep:local'])).Docker.config;
    // packages come over the network
  }, 900_000);

  afterAll(() => {
    // of version 1.28: whoever is in there has ended
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** The entry point as process 1, as the image's user: `docker run --volume FOLDER:/runs`. */
  function start(runs: string, args: readonly string[]) {
    const [user, group] = image.User.split(':');
    const script = `mount --bind "$1" "$2/runs" && mount -t proc proc "$2/proc" && shift && exec chroot --userspec=${user}:${group} "$@"`;
    const spaces = ['--mount', '--pid', '--fork', '--kill-child', '--', 'sh', '-c', script, 'sh'];
    const inside = ['/usr/bin/env', '-i', '-C', image.WorkingDir, ...image.Env];
    mkdirSync(join(root, 'proc'), { recursive: true });
    const child = spawn('unshare', [...spaces, runs, root, ...inside, ...image.Entrypoint, ...args]);
    let text = '';
    const seen = (what: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => what.test(text) && resolve();
        child.stderr.on('data', look);
        child.on('close', () => reject(new Error(`It ended without saying ${what}:\n${text}`)));
        look();
      });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
    }
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const firstProcess = () => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
    return { seen, ended, text: () => text, firstProcess, end: () => child.kill('SIGKILL') };
  }

  function runsOfUser(name: string): string {
    const runs = join(folder, name);
    mkdirSync(runs);
    chownSync(runs, ...(image.User.split(':').map(Number) as [number, number]));
    return runs;
  }

  test('holds the program and what it needs, and nothing else', () => {
    expect(readdirSync(join(root, 'app')).sort()).toEqual(['dist', 'node_modules', 'package.json']);
    const { dependencies } = JSON.parse(readFileSync(join(root, 'app/package.json'), 'utf8'));
    for (const name of Object.keys(dependencies))
      expect(existsSync(join(root, 'app/node_modules', name)), name).toBe(true);
    for (const name of ['typescript', 'vitest', '@tensorflow', 'kubernetes-models']) {
      expect(existsSync(join(root, 'app/node_modules', name)), name).toBe(false);
    }
    const megabytes = Number(output('du', ['-sm', join(root, 'app')]).split('\t')[0]);
    console.info(`/app of the image: ${megabytes} MB`);
    expect(megabytes).toBeLessThan(100);
  });

  test('is not run as root, and keeps its health check', () => {
    expect(image.User).toBe('10001:10001');
    expect(image.Healthcheck.Test[0]).toBe('CMD');
    expect(
      output('buildah', [...buildah, 'run', '--isolation', 'chroot', 'lockstep-working-container', '--', 'id', '-u']),
    ).toBe('10001\n');
  });

  test('trains by `buildah run`, to the bits of one worker', async () => {
    const args = [...image.Entrypoint, 'train', ...run, '--json', '--no-report', '--threads', '2'];
    const within = [...buildah, 'run', '--isolation', 'chroot', 'lockstep-working-container', '--', ...args];
    const { digest, stateDigest } = JSON.parse(output('buildah', within).trim().split('\n').at(-1)!);
    const bits = await baseline(run);
    expect({ digest, stateDigest }).toEqual({ digest: bits.digest, stateDigest: bits.stateDigest });
  });

  test('is healthy while it trains, and hears SIGTERM as process 1: a checkpoint, and 143', async () => {
    const [, ...check] = image.Healthcheck.Test;
    const port = await freePort();
    const healthy = () => {
      try {
        execFileSync('chroot', [root, ...check.map((text) => text.replace('9464', `${port}`))], { stdio: 'ignore' });
        return true;
      } catch {
        return false;
      }
    };
    expect(healthy()).toBe(false);
    const args = ['train', '--epochs', '2000', '--out', '/runs/long', '--metrics-port', `${port}`];
    const running = start(runsOfUser('long'), args);
    try {
      await running.seen(/Epoch 1\//);
      expect(healthy()).toBe(true);
      expect(readFileSync(`/proc/${running.firstProcess()}/status`, 'utf8')).toMatch(/^NSpid:\t\d+\t1$/m);
      process.kill(running.firstProcess(), 'SIGTERM');
      expect(await running.ended, running.text()).toBe(143);
      expect(running.text()).toMatch(/its newest checkpoint is that of step \d+/);
    } finally {
      running.end();
    }
  });
});
