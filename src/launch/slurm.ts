// What Slurm says of one of the tasks of a step (srun). Pure. The names are those of srun's manual, "OUTPUT ENVIRONMENT
// VARIABLES".

import { hostsOf, tasksOf } from './nodelist.ts';
import {
  agreed,
  allShown,
  checkRank,
  type Environment,
  firstSet,
  has,
  masterOf,
  type Recognised,
  wholeNumber,
} from './place.ts';

const sizes = ['SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS', 'SLURM_NPROCS'];
const steps = ['SLURM_STEP_ID', 'SLURM_STEPID'];

export function slurmPlace(env: Environment): Recognised {
  if (!has(env, 'SLURM_JOB_ID') && !has(env, 'SLURM_PROCID')) return null;
  const rank = wholeNumber(env, 'SLURM_PROCID', 0);
  const size = agreed(env, sizes, 1);
  const step = firstSet(env, steps);
  const found = allShown(env, ['SLURM_JOB_ID', ...steps.slice(0, 1), 'SLURM_PROCID', firstSet(env, sizes) ?? '']);
  if (rank === null || size === null || step === null) {
    const lacks = `this is no task of a step (${rank === null ? 'SLURM_PROCID' : size === null ? 'SLURM_NTASKS' : 'SLURM_STEP_ID'} is not set): the script of a job runs once, however many tasks it has`;
    return { partial: { launcher: 'slurm', found, lacks, mend: 'Start it with srun: srun lockstep train ...' } };
  }
  checkRank(env, rank, 'SLURM_PROCID', size, firstSet(env, sizes)!);
  const nodes = agreed(env, ['SLURM_STEP_NUM_NODES', 'SLURM_NNODES'], 1);
  const ranksOnHost = tasksOnNode(env, nodes === 1 ? size : null);
  const master = masterOf(env);
  const lists = ['SLURM_STEP_NODELIST', 'SLURM_JOB_NODELIST', 'SLURM_NODELIST'].filter((name) => has(env, name));
  return {
    place: {
      launcher: 'slurm',
      rank,
      size,
      found,
      ranksOnHost,
      oneHost: nodes === 1,
      cores: coresOf(env, ranksOnHost),
      // what is granted is said above
      bound: false,
      // a job that was requeued has its number still
      id: `${env['SLURM_JOB_ID'] ?? ''}.${env[step]}.${env['SLURM_RESTART_COUNT'] ?? 0}`,
      hosts: [...new Set([...master.hosts, ...lists.map((name) => hostsOf(env[name]!)[0]!)])],
      port: master.port,
      sharesFolder: true,
    },
  };
}

function tasksOnNode(env: Environment, known: number | null): number | null {
  const list = firstSet(env, ['SLURM_STEP_TASKS_PER_NODE', 'SLURM_TASKS_PER_NODE']);
  const node = wholeNumber(env, 'SLURM_NODEID', 0);
  if (list === null || node === null) return known;
  return tasksOf(env[list]!)[node] ?? known;
}

/** Without --cpus-per-task Slurm says what the job has on the node, for all its tasks there. */
function coresOf(env: Environment, ranksOnHost: number | null): number | null {
  const perTask = wholeNumber(env, 'SLURM_CPUS_PER_TASK', 1);
  if (perTask !== null) return perTask;
  const onNode = wholeNumber(env, 'SLURM_CPUS_ON_NODE', 1);
  return onNode === null || ranksOnHost === null ? null : onNode / ranksOnHost;
}
