// Loaded before the program (NODE_OPTIONS=--import): when it opens, reads or renames a file whose path matches LOCKSTEP_AT, the
// LOCKSTEP_NTH time, the process gets the signal LOCKSTEP_SIGNAL. With LOCKSTEP_HANGS, a pipe that nobody writes to, it hangs there as
// on a disk that is gone. Needs only what Node has.

import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { LOCKSTEP_AT, LOCKSTEP_HANGS, LOCKSTEP_NTH, LOCKSTEP_SIGNAL } = process.env;
const { open } = fs;

if (isMainThread && LOCKSTEP_AT !== undefined) {
  const at = new RegExp(LOCKSTEP_AT);
  let left = Number(LOCKSTEP_NTH);
  for (const name of ['open', 'readFile', 'rename']) {
    const original = fs[name];
    fs[name] = async (path, ...rest) => {
      if (at.test(String(path)) && --left === 0) {
        process.kill(process.pid, LOCKSTEP_SIGNAL);
        if (LOCKSTEP_HANGS !== undefined) await open(LOCKSTEP_HANGS);
        // it arrives by the event loop
        await new Promise((resolve) => setImmediate(resolve));
      }
      return await original(path, ...rest);
    };
  }
  syncBuiltinESMExports();
}
