// A process that gets a signal at an exact point of its work, whatever the machine's speed.

const hook = new URL('signal-at.mjs', import.meta.url).href;

/** The environment of a process that gets the signal when it opens, reads or renames a file whose path matches, the nth time. */
export function signalled(signal: string, at: string, nth = 1): Record<string, string> {
  return { NODE_OPTIONS: `--import ${hook}`, LOCKSTEP_AT: at, LOCKSTEP_NTH: String(nth), LOCKSTEP_SIGNAL: signal };
}
