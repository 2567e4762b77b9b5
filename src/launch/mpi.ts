// What mpirun says of one of the processes that it started. Pure. Open MPI, MVAPICH2, and all that start processes by PMI:
// MPICH, Intel MPI, and srun --mpi=pmi2.

import { agreed, allShown, checkRank, type Environment, firstSet, masterOf, type Recognised } from './place.ts';

const ranks = ['OMPI_COMM_WORLD_RANK', 'MV2_COMM_WORLD_RANK', 'PMI_RANK'];
const sizes = ['OMPI_COMM_WORLD_SIZE', 'MV2_COMM_WORLD_SIZE', 'PMI_SIZE'];
const localSizes = ['OMPI_COMM_WORLD_LOCAL_SIZE', 'MV2_COMM_WORLD_LOCAL_SIZE', 'MPI_LOCALNRANKS'];

export function mpiPlace(env: Environment): Recognised {
  const [rankName, sizeName] = [firstSet(env, ranks), firstSet(env, sizes)];
  const found = allShown(env, [rankName ?? '', sizeName ?? '']);
  if (rankName === null && sizeName === null) return null;
  if (rankName === null || sizeName === null) {
    const lacks = `${rankName === null ? ranks.join(', ') : sizes.join(', ')}: none of them is set`;
    return { partial: { launcher: 'mpi', found, lacks, mend: 'Start it with mpirun: mpirun -n 4 lockstep train ...' } };
  }
  const rank = agreed(env, ranks, 0)!;
  const size = agreed(env, sizes, 1)!;
  checkRank(env, rank, rankName, size, sizeName);
  const ranksOnHost = agreed(env, localSizes, 1);
  const oneHost = ranksOnHost === size;
  const master = masterOf(env);
  return {
    place: {
      launcher: 'mpi',
      rank,
      size,
      found,
      ranksOnHost,
      oneHost,
      cores: null,
      // of Open MPI 4; others are taken for unbound, which may give a rank too few threads, but never too many
      bound: env['OMPI_MCA_orte_bound_at_launch'] === '1',
      id: env['PMIX_NAMESPACE'] || env['OMPI_MCA_ess_base_jobid'] || null,
      // where rank 0 is, mpirun does not tell
      hosts: master.hosts,
      port: master.port,
      sharesFolder: true,
    },
  };
}

/** mpirun itself started this process, and whatever else is said is said of mpirun. */
export function startedByOpenMpi(env: Environment): boolean {
  return firstSet(env, ['OMPI_COMM_WORLD_RANK']) !== null;
}
