// A control group with the limits of a container, as a runtime makes it: version 1 (a hierarchy for each controller) or 2. Linux, as root.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Limits {
  readonly cpus: number;
  readonly memoryBytes: number;
}

const root = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

let made = 0;

/** Why there can be none here; null when there can. */
export function controlGroupsMissing(): string | null {
  try {
    removeControlGroup(makeControlGroup({ cpus: 1, memoryBytes: 2 ** 28 }));
    return null;
  } catch (error) {
    return `control groups cannot be made (not root?): ${(error as Error).message}`;
  }
}

/** Folders in which a process writes itself into cgroup.procs. */
export function makeControlGroup({ cpus, memoryBytes }: Limits): readonly string[] {
  const name = `lockstep-${process.pid}-${++made}`;
  const quota = Math.round(cpus * PERIOD_US);
  const group = (folder: string, files: Readonly<Record<string, string>>) => {
    mkdirSync(folder);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    return folder;
  };
  if (existsSync(join(root, 'cgroup.controllers'))) {
    return [group(join(root, name), { 'cpu.max': `${quota} ${PERIOD_US}`, 'memory.max': `${memoryBytes}` })];
  }
  return [
    group(join(root, 'cpu', name), { 'cpu.cfs_period_us': `${PERIOD_US}`, 'cpu.cfs_quota_us': `${quota}` }),
    group(join(root, 'memory', name), { 'memory.limit_in_bytes': `${memoryBytes}` }),
  ];
}

/** Ends what still runs in it. */
export function removeControlGroup(folders: readonly string[]): void {
  for (const folder of folders) {
    for (;;) {
      const pids = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
      for (const pid of pids) kill(pid);
      try {
        rmdirSync(folder);
        break;
      } catch (error) {
        // a process stays in it until it has ended
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      }
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
