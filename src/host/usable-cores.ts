// How many cores this process may use: those that the system lets it run on, and no more than its control group pays for. Node
// asks for the first alone (a container with 1.5 of 64 CPUs would start 64 threads, and stand still most of the time).

import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { ProcessCores } from '../launch/rank-cores.ts';

/** A whole number, 1 or more. */
export function usableCores(): number {
  const { allowed, quota } = processCores();
  return Math.max(1, Math.floor(Math.min(allowed, quota ?? allowed)));
}

export function processCores(): ProcessCores {
  return { allowed: availableParallelism(), quota: cpuQuota(textOf), machine: Math.max(1, cpus().length) };
}

/**
 * CPUs that the control group of this process pays for, e.g. 1.5: the least of it and of those above it; null: no limit. Linux only.
 * @param read the text of a file; empty where there is none
 */
export function cpuQuota(read: (path: string) => string): number | null {
  const lines = read('/proc/self/cgroup').split('\n');
  const group = (controller: RegExp) =>
    lines
      .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
      .find((match) => match !== null && controller.test(match[1]!))?.[2];
  const quotas: number[] = [];
  // version 2 has one hierarchy
  const unified = group(/^$/);
  for (const folder of unified === undefined ? [] : upwards('/sys/fs/cgroup', unified)) {
    const [quota, period] = read(join(folder, 'cpu.max')).trim().split(/\s+/).map(Number);
    quotas.push(quota! / period!);
  }
  const own = group(/(^|,)cpu(,|$)/);
  for (const folder of own === undefined ? [] : upwards('/sys/fs/cgroup/cpu', own)) {
    quotas.push(Number(read(join(folder, 'cpu.cfs_quota_us')) || -1) / Number(read(join(folder, 'cpu.cfs_period_us'))));
  }
  // "max", -1 and what is not there are no limits
  const limits = quotas.filter((quota) => Number.isFinite(quota) && quota > 0);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** The group and those above it. Within a container its own is the root, whatever /proc says. */
function upwards(root: string, group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '');
  return [root, ...parts.map((_, i) => join(root, ...parts.slice(0, i + 1)))];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
