// The hard end of this process, for whoever asks a second time.

import { setTimeout as delay } from 'node:timers/promises';
import { type StopSignal, stopCodes } from './signal-plan.ts';

/**
 * What an exit need not wait for. Node joins its pool of threads before it exits, and one that reads a pipe which nobody
 * writes to, or a disk that is gone, never comes back; such a request is listed under another name than these.
 */
const harmless = new Set([
  'CloseReq',
  'Immediate',
  'MessagePort',
  'PipeConnectWrap',
  'PipeServerWrap',
  'PipeWrap',
  'ProcessWrap',
  'ShutdownWrap',
  'SignalWrap',
  'SimpleShutdownWrap',
  'SimpleWriteWrap',
  'TCPConnectWrap',
  'TCPServerWrap',
  'TCPSocketWrap',
  'TLSWrap',
  'TTYWrap',
  'TickObject',
  'Timeout',
  'Worker',
  'WriteWrap',
]);

const PATIENCE_MS = 200;
const LOOK_MS = 10;

/**
 * Ends with the signal's exit code; where an exit would hang, by the signal itself, which a shell reports as the same. Asked
 * for once more meanwhile, the process is ended by the kernel: no handler is left.
 */
export async function endAtOnce(name: StopSignal): Promise<never> {
  for (const signal of Object.keys(stopCodes)) process.removeAllListeners(signal);
  // most requests are over in no time
  for (let waited = 0; mayHang() && waited < PATIENCE_MS; waited += LOOK_MS) await delay(LOOK_MS);
  // the first process of a container is not killed by it
  if (mayHang()) process.kill(process.pid, name);
  process.exit(stopCodes[name]);
}

function mayHang(): boolean {
  return process.getActiveResourcesInfo().some((resource) => !harmless.has(resource));
}
