// What torchrun, and scripts that follow it, say of a process: RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT. Pure.

import {
  allShown,
  checkRank,
  contradiction,
  type Environment,
  has,
  masterOf,
  type Recognised,
  shown,
  wholeNumber,
} from './place.ts';

const names = ['RANK', 'WORLD_SIZE'];

export function variablesPlace(env: Environment): Recognised {
  const found = allShown(env, [...names, 'MASTER_ADDR', 'MASTER_PORT']);
  if (!names.some((name) => has(env, name))) return null;
  const lacking = names.filter((name) => !has(env, name));
  if (lacking.length > 0) {
    const lacks = `${lacking.join(' and ')} is not set`;
    const mend = 'Set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT for each process, as torchrun does';
    return { partial: { launcher: 'env', found, lacks, mend } };
  }
  const rank = wholeNumber(env, 'RANK', 0)!;
  const size = wholeNumber(env, 'WORLD_SIZE', 1)!;
  checkRank(env, rank, 'RANK', size, 'WORLD_SIZE');
  const ranksOnHost = wholeNumber(env, 'LOCAL_WORLD_SIZE', 1);
  if (ranksOnHost !== null && ranksOnHost > size) {
    throw contradiction([shown(env, 'LOCAL_WORLD_SIZE'), shown(env, 'WORLD_SIZE')]);
  }
  const { hosts, port } = masterOf(env);
  const oneHost = ranksOnHost === size || hosts.some(isThisHost);
  return {
    place: {
      launcher: 'env',
      rank,
      size,
      found,
      ranksOnHost: ranksOnHost ?? (oneHost ? size : null),
      oneHost,
      cores: null,
      bound: false,
      id: runId(env),
      hosts,
      port,
      // by whom they were started is not known, but one host has one file system
      sharesFolder: oneHost,
    },
  };
}

/** torchrun's, unless it is what it says where none was given. */
function runId(env: Environment): string | null {
  const id = env['TORCHELASTIC_RUN_ID'];
  if (id === undefined || id === '' || id === 'none') return null;
  return `${id}.${env['TORCHELASTIC_RESTART_COUNT'] ?? 0}`;
}

/** Only this host can be meant. */
function isThisHost(name: string): boolean {
  return /^(localhost|127(\.\d+){3}|::1)$/.test(name);
}
