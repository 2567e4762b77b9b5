// What a process holds of the system's resources, from /proc: plain JavaScript, since faulty-coordinator.mjs needs it.

import { readdirSync, readFileSync } from 'node:fs';

export function heldBy(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { fds: readdirSync(`/proc/${pid}/fd`).length, threads: number('Threads'), rssKilobytes: number('VmRSS') };
}
