// A coordinator and its workers, processes of their own, started as a user does: the workers when the address is told.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));

/** What it printed; rejects with its stderr if it fails. */
export function printedBy([command, ...args], { cwd, onStderr = () => {} } = {}) {
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'], cwd });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
    onStderr(stderr);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve({ stdout, stderr }) : reject(new Error(stderr))));
  });
}

/**
 * What `lockstep train` printed, when it and all workers have ended. `train`: the command; `workers`: for each worker its command
 * at a port of the coordinator.
 */
export async function runWithWorkers(train, workers, options = {}) {
  const nodes = [];
  const onStderr = (log) => {
    const port = /Listening at \S+:(\d+)/.exec(log)?.[1];
    if (port === undefined || nodes.length > 0) return;
    for (const commandAt of workers) nodes.push(printedBy(commandAt(port), options));
  };
  const printed = await printedBy(train, { ...options, onStderr });
  await Promise.all(nodes);
  return printed;
}

export const lastLine = ({ stdout }) => JSON.parse(stdout.trimEnd().split('\n').at(-1));
