import { expect, it } from 'vitest';
import { coresOfRank, threadsFor } from '../../src/launch/rank-cores.ts';

const machine = { allowed: 64, quota: null, machine: 64 };
const alone = { cores: null, bound: false, ranksOnHost: 1 };

it.each([
  ['one rank has all', alone, machine, 64, 64],
  ['ranks of one host share it', { ...alone, ranksOnHost: 4 }, machine, 16, 16],
  ['more ranks than cores', { ...alone, ranksOnHost: 4 }, { ...machine, allowed: 2, machine: 2 }, 0.5, 1],
  ['nobody knows how many', { ...alone, ranksOnHost: null }, machine, 64, 64],
  ['a job that may use a part of the machine', { ...alone, ranksOnHost: 4 }, { ...machine, allowed: 8 }, 2, 2],
  ['srun --cpus-per-task', { ...alone, cores: 4, ranksOnHost: 8 }, machine, 4, 4],
  ['granted more than the system lets it use', { ...alone, cores: 8 }, { ...machine, allowed: 2 }, 2, 2],
  ['Slurm with more tasks than CPUs', { ...alone, cores: 1 / 3, ranksOnHost: 3 }, machine, 1 / 3, 1],
  ['mpirun --bind-to core', { ...alone, bound: true, ranksOnHost: 4 }, { ...machine, allowed: 1 }, 1, 1],
  ['mpirun --map-by slot:PE=2', { ...alone, bound: true, ranksOnHost: 4 }, { ...machine, allowed: 2 }, 2, 2],
  [
    'mpirun --bind-to socket: two ranks on each',
    { ...alone, bound: true, ranksOnHost: 4 },
    { ...machine, allowed: 32 },
    16,
    16,
  ],
  ['mpirun --oversubscribe', { ...alone, bound: true, ranksOnHost: 4 }, { ...machine, allowed: 1, machine: 2 }, 0.5, 1],
  ['a pod with 1.5 of 64 CPUs', alone, { ...machine, quota: 1.5 }, 1.5, 1],
  ['a container with 6 CPUs and 4 ranks', { ...alone, ranksOnHost: 4 }, { ...machine, quota: 6 }, 1.5, 1],
])('%s', (_, place, here, cores, threads) => {
  expect(coresOfRank(place, here)).toBe(cores);
  expect(threadsFor(cores)).toBe(threads);
});
