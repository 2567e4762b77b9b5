// From environments as launchers make them to the place of a process in a launch. Slurm's and Open MPI's were printed by Slurm 22.05
// and Open MPI 4.1; the others stand in the manuals of those who set them.

import { describe, expect, it } from 'vitest';
import { decideLaunch } from '../../src/launch/decide.ts';
import type { Environment, LauncherName, Place } from '../../src/launch/place.ts';
import { refusal } from '../support/refusal.ts';

/** The second of three tasks that srun started on one node. */
const srun = {
  SLURM_JOB_ID: '3',
  SLURM_PROCID: '1',
  SLURM_LOCALID: '1',
  SLURM_NODEID: '0',
  SLURM_NTASKS: '3',
  SLURM_NPROCS: '3',
  SLURM_NNODES: '1',
  SLURM_JOB_NODELIST: 'vm',
  SLURM_NODELIST: 'vm',
  SLURM_CPUS_ON_NODE: '1',
  SLURM_TASKS_PER_NODE: '3',
  SLURM_STEP_ID: '0',
  SLURM_STEPID: '0',
  SLURM_STEP_NODELIST: 'vm',
  SLURM_STEP_NUM_NODES: '1',
  SLURM_STEP_NUM_TASKS: '3',
  SLURM_STEP_TASKS_PER_NODE: '3',
  SLURM_LAUNCH_NODE_IPADDR: '127.0.0.1',
  SLURMD_NODENAME: 'vm',
};

/** The script of a job of two tasks: it is no task itself, and has variables as if it were. */
const sbatch = {
  SLURM_JOB_ID: '2',
  SLURM_PROCID: '0',
  SLURM_LOCALID: '0',
  SLURM_NODEID: '0',
  SLURM_NTASKS: '2',
  SLURM_NPROCS: '2',
  SLURM_NNODES: '1',
  SLURM_JOB_NODELIST: 'vm',
  SLURM_TASKS_PER_NODE: '2',
  SLURM_CPUS_ON_NODE: '2',
};

/** Of six tasks on three nodes, with 4 CPUs a task. */
const nodes = {
  ...srun,
  SLURM_PROCID: '4',
  SLURM_NODEID: '2',
  SLURM_NTASKS: '6',
  SLURM_NPROCS: '6',
  SLURM_STEP_NUM_TASKS: '6',
  SLURM_NNODES: '3',
  SLURM_STEP_NUM_NODES: '3',
  SLURM_JOB_NODELIST: 'gpu[01-03,07]',
  SLURM_NODELIST: 'gpu[01-03,07]',
  SLURM_STEP_NODELIST: 'gpu[02-03,07]',
  SLURM_TASKS_PER_NODE: '2(x3)',
  SLURM_STEP_TASKS_PER_NODE: '2(x3)',
  SLURM_CPUS_PER_TASK: '4',
  SLURM_CPUS_ON_NODE: '8',
};

const mpirun = {
  OMPI_COMM_WORLD_RANK: '1',
  OMPI_COMM_WORLD_SIZE: '4',
  OMPI_COMM_WORLD_LOCAL_RANK: '1',
  OMPI_COMM_WORLD_LOCAL_SIZE: '4',
  OMPI_MCA_ess_base_jobid: '1004142593',
  OMPI_MCA_orte_bound_at_launch: '1',
  PMIX_NAMESPACE: '1004142593',
  PMIX_RANK: '1',
};

const torchrun = {
  RANK: '3',
  LOCAL_RANK: '1',
  WORLD_SIZE: '4',
  LOCAL_WORLD_SIZE: '2',
  GROUP_RANK: '1',
  MASTER_ADDR: '10.0.0.7',
  MASTER_PORT: '29500',
  TORCHELASTIC_RUN_ID: 'none',
  TORCHELASTIC_RESTART_COUNT: '0',
};

const pod = {
  JOB_COMPLETION_INDEX: '2',
  HOSTNAME: 'lockstep-2',
  WORLD_SIZE: '4',
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
};

const placeOf = (asked: LauncherName, env: Environment): Place => decideLaunch(asked, env).place!;

describe('a place', () => {
  const table: readonly [string, LauncherName, Environment, Partial<Place>][] = [
    [
      'srun',
      'slurm',
      srun,
      { rank: 1, size: 3, ranksOnHost: 3, oneHost: true, id: '3.0.0', hosts: ['vm'], port: null },
    ],
    ['srun: what the job has on the node, by tasks', 'slurm', srun, { cores: 1 / 3, sharesFolder: true }],
    ['srun on three of four nodes', 'slurm', nodes, { rank: 4, size: 6, ranksOnHost: 2, oneHost: false, cores: 4 }],
    ['srun: the first node of the step, then of the job', 'slurm', nodes, { hosts: ['gpu02', 'gpu01'] }],
    ['srun, requeued', 'slurm', { ...srun, SLURM_RESTART_COUNT: '2' }, { id: '3.0.2' }],
    [
      'srun, with a host and a port that the script chose',
      'slurm',
      { ...srun, MASTER_ADDR: '10.0.0.1', MASTER_PORT: '12345' },
      { hosts: ['10.0.0.1', 'vm'], port: 12345 },
    ],
    [
      'srun --mpi=pmi2 agrees with itself',
      'auto',
      { ...srun, PMI_RANK: '1', PMI_SIZE: '3' },
      { launcher: 'slurm', rank: 1 },
    ],
    [
      'mpirun',
      'mpi',
      mpirun,
      { rank: 1, size: 4, ranksOnHost: 4, oneHost: true, bound: true, id: '1004142593', hosts: [] },
    ],
    ['mpirun on two hosts', 'mpi', { ...mpirun, OMPI_COMM_WORLD_LOCAL_SIZE: '2' }, { ranksOnHost: 2, oneHost: false }],
    ['mpirun in the script of a job', 'auto', { ...sbatch, ...mpirun }, { launcher: 'mpi', rank: 1, size: 4 }],
    [
      'mpirun whose daemons srun started',
      'auto',
      { ...srun, ...mpirun, SLURM_PROCID: '0' },
      { launcher: 'mpi', rank: 1 },
    ],
    [
      'MPICH',
      'mpi',
      { PMI_RANK: '0', PMI_SIZE: '2', MPI_LOCALNRANKS: '2' },
      { rank: 0, size: 2, oneHost: true, id: null },
    ],
    [
      'MVAPICH2',
      'mpi',
      { MV2_COMM_WORLD_RANK: '5', MV2_COMM_WORLD_SIZE: '8', MV2_COMM_WORLD_LOCAL_SIZE: '4' },
      { rank: 5, ranksOnHost: 4 },
    ],
    [
      'torchrun',
      'env',
      torchrun,
      { rank: 3, size: 4, ranksOnHost: 2, oneHost: false, hosts: ['10.0.0.7'], port: 29500, id: null },
    ],
    ['torchrun --rdzv-id', 'env', { ...torchrun, TORCHELASTIC_RUN_ID: 'job7' }, { id: 'job7.0' }],
    ['torchrun --standalone', 'env', { ...torchrun, MASTER_ADDR: 'localhost' }, { oneHost: true, sharesFolder: true }],
    [
      'variables of one host without its number of ranks',
      'env',
      { RANK: '0', WORLD_SIZE: '3', MASTER_ADDR: '127.0.0.1' },
      { ranksOnHost: 3 },
    ],
    [
      'an Indexed Job',
      'kubernetes',
      pod,
      { rank: 2, size: 4, ranksOnHost: 1, hosts: ['lockstep-0.lockstep'], sharesFolder: false },
    ],
    [
      'an Indexed Job with the name of its Service',
      'kubernetes',
      { ...pod, MASTER_ADDR: 'lockstep-0.train' },
      { hosts: ['lockstep-0.train'] },
    ],
    ['an Indexed Job beside RANK', 'auto', { ...pod, RANK: '2' }, { launcher: 'kubernetes', rank: 2 }],
    [
      'a JobSet',
      'kubernetes',
      { ...pod, HOSTNAME: 'mnist-ranks-0-2', JOBSET_NAME: 'mnist', REPLICATED_JOB_NAME: 'ranks', JOB_INDEX: '0' },
      { rank: 2, hosts: ['mnist-ranks-0-0.mnist'] },
    ],
    [
      'RANK = SLURM_PROCID, as many scripts have it',
      'auto',
      { ...srun, RANK: '1', WORLD_SIZE: '3', MASTER_ADDR: 'vm' },
      { launcher: 'slurm' },
    ],
    ['torchrun in a step: by name', 'env', { ...srun, ...torchrun }, { launcher: 'env', rank: 3, size: 4 }],
  ];
  it.each(table)('%s (%s)', (_, asked, env, expected) => {
    expect(placeOf(asked, env)).toMatchObject(expected);
    // what a launcher's own name finds, auto finds as well, unless others contradict
    if (asked !== 'auto' && !('RANK' in env && 'SLURM_PROCID' in env)) {
      expect(placeOf('auto', env)).toEqual(placeOf(asked, env));
    }
  });

  it('is told in one line, with what says so', () => {
    expect(decideLaunch('mpi', mpirun).why).toBe(
      'Launcher mpi: rank 1 of 4, a worker of rank 0; by OMPI_COMM_WORLD_RANK=1, OMPI_COMM_WORLD_SIZE=4',
    );
    expect(decideLaunch('auto', { ...srun, SLURM_PROCID: '0' }).why).toBe(
      'Launcher slurm (--launcher auto): rank 0 of 3, the coordinator; by SLURM_JOB_ID=3, SLURM_STEP_ID=0, SLURM_PROCID=0, SLURM_STEP_NUM_TASKS=3',
    );
    expect(decideLaunch('env', { RANK: '0', WORLD_SIZE: '1' }).why).toMatch(
      /rank 0 of 1, the only process: it trains alone/,
    );
    expect(decideLaunch('auto', {})).toEqual({
      place: null,
      why: expect.stringMatching(/^No launcher was found.* trains alone$/),
    });
    // the script of a job with one task, and a shell in one
    expect(decideLaunch('auto', { ...sbatch, SLURM_NTASKS: '1', SLURM_NPROCS: '1' }).place).toBeNull();
  });
});

describe('without --launcher', () => {
  const table: readonly [string, Environment, RegExp | null][] = [
    ['nothing', {}, null],
    [
      'a stray RANK',
      { RANK: '3' },
      /^Not used, since --launcher is none: RANK=3; --launcher env and WORLD_SIZE would make one run /,
    ],
    ['a stray RANK that is nothing', { RANK: 'first' }, /none: RANK=first; /],
    [
      'torchrun',
      torchrun,
      /none: RANK=3 and WORLD_SIZE=4; --launcher env would make one run of all that were started$/,
    ],
    ['srun', srun, /none: SLURM_PROCID=1 and SLURM_NTASKS=3; --launcher slurm would/],
    ['the script of a job', sbatch, /--launcher slurm with srun would/],
    ['mpirun in a step', { ...srun, ...mpirun }, /--launcher mpi would/],
    ['a pod', pod, /none: JOB_COMPLETION_INDEX=2 and WORLD_SIZE=4; --launcher kubernetes would/],
    ['a JobSet', { JOB_COMPLETION_INDEX: '0' }, /none: JOB\S+=0; --launcher kubernetes and WORLD_SIZE /],
    ['one task', { SLURM_PROCID: '0', SLURM_NTASKS: '1', SLURM_STEP_ID: '0' }, null],
  ];
  it.each(table)('%s: trains alone, and says what would be used', (_, env, line) => {
    const { place, why } = decideLaunch('none', env);
    expect(place).toBeNull();
    if (line === null) expect(why).toBeNull();
    else expect(why).toMatch(line);
  });
});

describe('refused', () => {
  const table: readonly [string, LauncherName, Environment, RegExp][] = [
    ['nothing is there', 'slurm', {}, /--launcher slurm finds no launch: SLURM_PROCID is not set\. Start it with srun/],
    ['nothing is there', 'mpi', torchrun, /--launcher mpi finds no launch: OMPI_COMM_WORLD_RANK.*mpirun -n 4/],
    [
      'the script of a job',
      'slurm',
      sbatch,
      /SLURM_JOB_ID=2.*no task of a step \(SLURM_STEP_ID is not set\).*srun lockstep/,
    ],
    ['the script of a job of two tasks', 'auto', sbatch, /no task of a step/],
    ['a stray RANK', 'env', { RANK: '3' }, /finds RANK=3, and no launch: WORLD_SIZE is not set/],
    ['a stray RANK', 'auto', { RANK: '3' }, /--launcher auto finds RANK=3, and no launch.*--launcher none/],
    [
      'a pod that does not know how many',
      'kubernetes',
      { ...pod, WORLD_SIZE: '' },
      /JOB_COMPLETION_INDEX=2.*WORLD_SIZE is not set.*completions/,
    ],
    ['a second Job', 'kubernetes', { ...pod, JOB_INDEX: '1' }, /of a second Job/],
    ['no number', 'env', { ...torchrun, RANK: 'one' }, /RANK=one cannot be used: it must be a whole number from 0/],
    ['no port', 'env', { ...torchrun, MASTER_PORT: '0' }, /MASTER_PORT=0 cannot be used: .* from 1 to 65535/],
    ['no size', 'env', { ...torchrun, WORLD_SIZE: '0' }, /WORLD_SIZE=0 cannot be used/],
    [
      'no list of nodes',
      'slurm',
      { ...srun, SLURM_STEP_NODELIST: 'gpu[1-' },
      /"gpu\[1-" cannot be read as Slurm's list/,
    ],
  ];
  it.each(table)('%s: %s', async (_, asked, env, message) => {
    const error = await refusal(() => decideLaunch(asked, env));
    expect([error.code, error.exitCode]).toEqual(['ERR_LOCKSTEP_LAUNCH', 2]);
    expect(error.message).toMatch(message);
  });

  const contradictions: readonly [LauncherName, Environment, RegExp][] = [
    ['env', { ...torchrun, RANK: '4' }, /RANK=4 and WORLD_SIZE=4/],
    ['env', { ...torchrun, LOCAL_WORLD_SIZE: '5' }, /LOCAL_WORLD_SIZE=5 and WORLD_SIZE=4/],
    ['slurm', { ...srun, SLURM_PROCID: '3' }, /SLURM_PROCID=3 and SLURM_STEP_NUM_TASKS=3/],
    ['slurm', { ...srun, SLURM_NPROCS: '4' }, /SLURM_STEP_NUM_TASKS=3 and SLURM_NPROCS=4/],
    ['mpi', { ...mpirun, PMI_RANK: '2' }, /OMPI_COMM_WORLD_RANK=1 and PMI_RANK=2/],
    ['kubernetes', { ...pod, RANK: '1' }, /JOB_COMPLETION_INDEX=2 and RANK=1/],
    [
      'auto',
      { ...srun, ...torchrun },
      /SLURM_PROCID=1,.*\(slurm\) and RANK=3, WORLD_SIZE=4,.*\(env\).*--launcher slurm or --launcher env/,
    ],
    ['auto', { ...srun, PMI_RANK: '0', PMI_SIZE: '3' }, /SLURM_PROCID=1.*PMI_RANK=0/],
  ];
  it.each(contradictions)('a contradiction, with both values (%s %#)', async (asked, env, message) => {
    const error = await refusal(() => decideLaunch(asked, env));
    expect(error.code).toBe('ERR_LOCKSTEP_LAUNCH');
    expect(error.message).toMatch(/contradict each other/);
    expect(error.message).toMatch(message);
  });
});
