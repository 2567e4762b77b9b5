// Whether a stream is written to in colours. The environment decides, as users know it of other programs; knows nothing of what is
// written.

import { WriteStream } from 'node:tty';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * FORCE_COLOR goes before all else, into pipes and files as well: 1 for 16 colours, 2 for 256, 3 for all, 0 for none. NO_COLOR, if it is
 * not empty, wants none. Else a terminal has what its TERM says. `count`: colours that are needed.
 */
export function hasColours(isTerminal: boolean, count: number, environment: Environment): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: unwanted, NODE_DISABLE_COLORS: disabled, ...others } = environment;
  // without those that it goes before: Node would print a warning of its own
  if (forced !== undefined) return WriteStream.prototype.hasColors(count, { ...others, FORCE_COLOR: forced });
  if ((unwanted ?? '') !== '' || (disabled ?? '') !== '') return false;
  return isTerminal && environment['TERM'] !== 'dumb' && WriteStream.prototype.hasColors(count, others);
}
