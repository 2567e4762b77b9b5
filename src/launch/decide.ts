// From --launcher and the environment to the place of this process in a launch, or to a run of its own, and to the one line that
// says why. Pure.

import { LockstepError } from '../errors.ts';
import { kubernetesPlace } from './kubernetes.ts';
import { mpiPlace, startedByOpenMpi } from './mpi.ts';
import {
  allShown,
  contradiction,
  type Environment,
  type Fragment,
  type Launcher,
  type LauncherName,
  type Place,
  type Recognised,
} from './place.ts';
import { slurmPlace } from './slurm.ts';
import { variablesPlace } from './variables.ts';

/** place: null for a run of this process alone. why: one line; null where there is nothing to say. */
export interface Decision {
  readonly place: Place | null;
  readonly why: string | null;
}

/** The nearest to the process first: of those that agree, it is the one that is used. */
const recognisers: readonly (readonly [Launcher, (env: Environment) => Recognised])[] = [
  ['slurm', slurmPlace],
  ['mpi', mpiPlace],
  ['kubernetes', kubernetesPlace],
  ['env', variablesPlace],
];

/** @throws LockstepError where the variables contradict each other, cannot be read, or are not those of what was asked for */
export function decideLaunch(asked: LauncherName, env: Environment): Decision {
  if (asked === 'none') return { place: null, why: unused(env) };
  if (asked === 'auto') return automatic(env);
  const recognised = recognisers.find(([name]) => name === asked)![1](env);
  if (recognised !== null && 'place' in recognised) return decided(recognised.place, '');
  if (recognised !== null) throw notALaunch(recognised.partial, `--launcher ${asked}`);
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_LAUNCH',
    what: `--launcher ${asked} finds no launch`,
    why: `${wanted[asked]} is not set`,
    mend: `${starts[asked]}; or leave out --launcher for a run on this machine alone`,
  });
}

const wanted: Readonly<Record<Launcher, string>> = {
  slurm: 'SLURM_PROCID',
  mpi: 'OMPI_COMM_WORLD_RANK, MV2_COMM_WORLD_RANK or PMI_RANK',
  kubernetes: 'JOB_COMPLETION_INDEX',
  env: 'RANK',
};

const starts: Readonly<Record<Launcher, string>> = {
  slurm: 'Start it with srun: srun -n 4 lockstep train --launcher slurm',
  mpi: 'Start it with mpirun: mpirun -n 4 lockstep train --launcher mpi',
  kubernetes: 'Start it as an Indexed Job (completionMode: Indexed)',
  env: 'Set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT for each process',
};

function automatic(env: Environment): Decision {
  const all = recognisers
    // mpirun starts its daemons by srun, and what Slurm says of a daemon is inherited by the ranks that it starts
    .filter(([name]) => !(name === 'slurm' && startedByOpenMpi(env)))
    .flatMap(([, recognise]) => recognise(env) ?? []);
  const places = all.flatMap((one) => ('place' in one ? [one.place] : []));
  const [first, ...others] = places;
  if (first === undefined) {
    // what is half there was meant for something: to train alone, each for itself, would be a guess
    const half = all
      .flatMap((one) => ('partial' in one ? [one.partial] : []))
      .find(({ found }) => !saysOne(env, found));
    if (half !== undefined) throw notALaunch(half, '--launcher auto');
    return { place: null, why: 'No launcher was found (--launcher auto): this process trains alone' };
  }
  for (const other of others) {
    if (other.rank !== first.rank || other.size !== first.size) {
      throw contradiction([saying(first), saying(other)], mendByName(first, other));
    }
  }
  return decided(first, ' (--launcher auto)');
}

/** Half of a launch of one process: a job's script with one task. */
function saysOne(env: Environment, found: readonly string[]): boolean {
  return found.some((one) => one.startsWith('SLURM_')) && (env['SLURM_NTASKS'] ?? '1') === '1';
}

function saying({ launcher, found }: Place): string {
  return `${found.join(', ')} (${launcher})`;
}

function mendByName(one: Place, other: Place): string {
  return `Say whose are right: --launcher ${one.launcher} or --launcher ${other.launcher}`;
}

function decided(place: Place, how: string): Decision {
  const { launcher, rank, size, found } = place;
  const role = size === 1 ? 'the only process: it trains alone' : rank === 0 ? 'the coordinator' : 'a worker of rank 0';
  return { place, why: `Launcher ${launcher}${how}: rank ${rank} of ${size}, ${role}; by ${found.join(', ')}` };
}

function notALaunch({ found, lacks, mend }: Fragment, asked: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_LAUNCH',
    what: `${asked} finds ${found.length === 0 ? 'no launch' : `${found.join(', ')}, and no launch`}`,
    why: lacks,
    mend: `${mend}; or use --launcher none for a run of this process alone`,
  });
}

/** With --launcher none nothing is read, and so nothing can be wrong: what is there is only named. */
const signs: readonly (readonly [Launcher, readonly string[], readonly string[]])[] = [
  [
    'mpi',
    ['OMPI_COMM_WORLD_RANK', 'MV2_COMM_WORLD_RANK', 'PMI_RANK'],
    ['OMPI_COMM_WORLD_SIZE', 'MV2_COMM_WORLD_SIZE', 'PMI_SIZE'],
  ],
  ['slurm', ['SLURM_PROCID'], ['SLURM_NTASKS']],
  ['kubernetes', ['JOB_COMPLETION_INDEX'], ['WORLD_SIZE']],
  ['env', ['RANK'], ['WORLD_SIZE']],
];

function unused(env: Environment): string | null {
  for (const [launcher, ranks, sizes] of signs) {
    const [rank] = allShown(env, ranks);
    const [size] = allShown(env, sizes);
    if (rank === undefined || size?.endsWith('=1')) continue;
    const here = size === undefined ? rank : `${rank} and ${size}`;
    const scripted = launcher === 'slurm' && !env['SLURM_STEP_ID'];
    const besides = scripted ? ' with srun' : size === undefined ? ` and ${sizes[0]}` : '';
    return `Not used, since --launcher is none: ${here}; --launcher ${launcher}${besides} would make one run of all that were started`;
  }
  return null;
}
