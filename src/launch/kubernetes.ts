// What Kubernetes says of a pod of an Indexed Job, alone or in a JobSet. Pure. Kubernetes itself sets JOB_COMPLETION_INDEX and
// the host name JOB-INDEX; how many pods there are stands in no variable, and has to be put into the template as WORLD_SIZE.

import { agreed, allShown, checkRank, type Environment, has, masterOf, type Recognised, wholeNumber } from './place.ts';

const index = 'JOB_COMPLETION_INDEX';

export function kubernetesPlace(env: Environment): Recognised {
  if (!has(env, index)) return null;
  const partial = (lacks: string, mend: string): Recognised => ({
    partial: { launcher: 'kubernetes', found: allShown(env, [index, 'JOB_INDEX']), lacks, mend },
  });
  const size = wholeNumber(env, 'WORLD_SIZE', 1);
  if (size === null) {
    return partial(
      'WORLD_SIZE is not set, and Kubernetes does not tell a pod how many there are',
      'Set WORLD_SIZE in the pod template to the completions of the Job',
    );
  }
  // each Job of a JobSet counts its pods from 0
  if ((wholeNumber(env, 'JOB_INDEX', 0) ?? 0) > 0) {
    return partial(
      'this pod is of a second Job, and its index is not its rank',
      'Make it one replicated Job with all pods, or set RANK and WORLD_SIZE and use --launcher env',
    );
  }
  // RANK is often set to the same, for other programs
  const rank = agreed(env, [index, 'RANK'], 0)!;
  checkRank(env, rank, index, size, 'WORLD_SIZE');
  const master = masterOf(env);
  return {
    place: {
      launcher: 'kubernetes',
      rank,
      size,
      found: allShown(env, [index, 'WORLD_SIZE']),
      ranksOnHost: 1,
      oneHost: false,
      cores: null,
      bound: false,
      id: null,
      hosts: master.hosts.length > 0 ? master.hosts : podNames(env, rank),
      port: master.port,
      sharesFolder: false,
    },
  };
}

/** The pod of rank 0, as the DNS of its namespace knows it by its headless Service. */
function podNames(env: Environment, rank: number): string[] {
  const [set, job] = [env['JOBSET_NAME'], env['REPLICATED_JOB_NAME']];
  // a JobSet makes the Service, and names it after itself
  if (set && job) return [`${set}-${job}-0-0.${set}`];
  const own = (env['HOSTNAME'] ?? '').split('.')[0]!;
  const end = `-${rank}`;
  if (!own.endsWith(end) || own === end) return [];
  const name = own.slice(0, -end.length);
  // in a JobSet the host name is SET-REPLICATED-JOB-INDEX-POD, and the Service's name cannot be told from it
  return [`${name}-0.${name}`];
}
