// The workflow that publishes: nothing is published that was not tried, nobody else's later code runs in it, and its rights are as few as they
// can be. It is read here and never run.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Job {
  readonly needs?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

const workflow = parse(readFileSync(new URL('../../.github/workflows/publish.yml', import.meta.url), 'utf8'));
const jobs: Readonly<Record<string, Job>> = workflow.jobs;
const commandsOf = ({ steps }: Job) => steps.flatMap(({ run }) => run ?? []);

test('a tag alone starts it', () => {
  expect(workflow.on).toEqual({ push: { tags: ['v*'] } });
});

test('all that must hold is tried before anything is published, with provenance', () => {
  const publishing = Object.values(jobs).filter((job) => commandsOf(job).some((run) => run.includes('npm publish')));
  expect(publishing).toHaveLength(1);
  expect(commandsOf(publishing[0]!).at(-1)).toBe('npm publish --provenance --access public');
  expect(commandsOf(jobs[publishing[0]!.needs!]!)).toContain('.ci/run');
});

test('only what publishes may sign, and nothing may write', () => {
  expect(workflow.permissions).toEqual({});
  const rights = Object.entries(jobs).map(([name, { permissions }]) => [name, permissions]);
  expect(rights).toEqual([
    ['proof', { contents: 'read' }],
    ['npm', { contents: 'read', 'id-token': 'write' }],
  ]);
});

test('actions are pinned to a commit', () => {
  const used = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((one) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(one))).toEqual([]);
});
