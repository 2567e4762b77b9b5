// The hard end of this process, for whoever asks a second time.

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

/** Ends with the signal's exit code; where an exit could hang, by the signal itself, which a shell reports as the same. */
export function endAtOnce(name: StopSignal): never {
  // should the exit hang after all, the next signal meets no handler
  for (const signal of Object.keys(stopCodes)) process.removeAllListeners(signal);
  const mayHang = process.getActiveResourcesInfo().some((resource) => !harmless.has(resource));
  // the first process of a container is not killed by it
  if (mayHang) process.kill(process.pid, name);
  process.exit(stopCodes[name]);
}
