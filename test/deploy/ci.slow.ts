// The commands of deploy/ci/train.yml and of its README, as a runner would give them. Needs dist/ (npm run build).

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pathWithLockstep, readmeOf } from '../support/readme-commands.ts';
import { startProgram } from '../support/run-cli.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

const readme = readmeOf('deploy/ci/README.md', 'test/deploy/ci.slow.ts');
const workflow = parse(readFileSync(new URL('../../deploy/ci/train.yml', import.meta.url), 'utf8'));
const steps: Step[] = workflow.jobs.weights.steps;
// the packages of the repository that it is copied to
const commands = steps.flatMap(({ run }) => (run === undefined || run === 'npm ci' ? [] : [run]));

let cwd: string;
let env: Record<string, string>;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-ci-'));
  env = { PATH: await pathWithLockstep(cwd) };
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** As the runner does, but for npx, which finds the program in the repository's own packages. */
async function runStep(command: string) {
  const program = ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', command.replace(/^npx /, '')];
  return await startProgram(program, { cwd, env }).ended;
}

test('the workflow trains to its digest, and its audit finds nothing', async () => {
  expect(commands).toHaveLength(2);
  for (const command of commands) {
    const end = await runStep(command);
    expect(end.exitCode, end.stderr).toBe(0);
  }
});

test('another digest fails the job', async () => {
  const other = commands[0]!.replace(/(?<=--expect-digest )\w+/, '0'.repeat(64)).replace('runs/ci', 'runs/other');
  const end = await runStep(other);
  expect(end.exitCode).toBe(3);
  expect(end.stderr).toContain('The run came to another digest than the expected one');
});

test('the commands of the README', async () => {
  const digest = await readme.run('digest', { cwd, env }).ended;
  expect(digest.exitCode, digest.stderr).toBe(0);
  expect(commands[0]).toContain(digest.stdout.trim().split(/ +/)[1]!);
  const found = await readme.run('bisect', { cwd, env }).ended;
  expect(found.exitCode, found.stderr).toBe(0);
});
