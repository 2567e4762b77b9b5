// Whether this process was started to outlive its terminal. nohup ignores SIGHUP for what it starts, but Node sets every
// signal back to its default before a line of JavaScript runs, so that /proc/self/status no longer tells.

import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** `_`: where bash, zsh and ksh write the path of what they start, which is nohup itself. */
export function startedByNohup(env: NodeJS.ProcessEnv = process.env): boolean {
  return basename(env['_'] ?? '') === 'nohup' || hasNohupsInput();
}

/** nohup gives a process that was started at a terminal a /dev/null as stdin that can only be written to. */
function hasNohupsInput(): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1];
    const writeOnly = flags !== undefined && (Number.parseInt(flags, 8) & 3) === 1;
    return writeOnly && readlinkSync('/proc/self/fd/0') === '/dev/null';
  } catch {
    // no Linux, or no stdin
    return false;
  }
}
