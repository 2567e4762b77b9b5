// The shared secret: from a file or from LOCKSTEP_TOKEN, never from a command line, where every user of the machine and
// every log could read it.

import { LockstepError } from '../src/errors.ts';
import { type Token, tokenOf } from '../src/wire/auth.ts';
import { reasonOf } from './io-reason.ts';
import { readNamed } from './read-file.ts';

/** null when there is none. The file goes before the environment. */
export async function readToken(file: string | null): Promise<Token | null> {
  if (file === null) {
    const text = process.env['LOCKSTEP_TOKEN'];
    return text === undefined ? null : (tokenOf(text) ?? empty('LOCKSTEP_TOKEN'));
  }
  return tokenOf(await readText(file, 'token file')) ?? empty(file);
}

/** A small text file that the user named. */
export async function readText(file: string, what: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readNamed(file));
  } catch (cause) {
    throw new LockstepError({
      what: `The ${what} ${file} cannot be read`,
      why: reasonOf(cause),
      mend: 'See to it that it is there and that you may read it',
      cause,
    });
  }
}

function empty(where: string): never {
  throw new LockstepError({
    what: `There is no token in ${where}`,
    why: 'it is empty',
    mend: 'Write one with: openssl rand -hex 32 > token',
  });
}
