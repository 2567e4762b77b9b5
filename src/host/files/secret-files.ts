// The shared secret: from a file or from LOCKSTEP_TOKEN, never from a command line, where every user of the machine and
// every log could read it.

import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LockstepError } from '../../errors.ts';
import { decodeText } from '../../text/decoded-text.ts';
import type { Token } from '../../wire/auth.ts';
import { readTokenBytes, readTokenText, type TokenReading } from '../../wire/token-text.ts';
import { ioReason } from './io-reason.ts';
import { readNamed } from './read-file.ts';

type Warn = (message: string) => void;

/** null when there is none. The file goes before the environment. */
export async function readToken(file: string | null, warn: Warn): Promise<Token | null> {
  if (file !== null) return accepted(readTokenBytes(await readSecret(file, 'token file', warn)), file, warn);
  const text = process.env['LOCKSTEP_TOKEN'];
  return text === undefined ? null : accepted(readTokenText(text), 'LOCKSTEP_TOKEN', warn);
}

/** A small text file that the user named. */
export async function readText(file: string, what: string): Promise<string> {
  return textOf(await read(file, what, () => undefined), file, what);
}

/** The same of one that nobody else should be able to read. */
export async function readSecretText(file: string, what: string, warn: Warn): Promise<string> {
  return textOf(await readSecret(file, what, warn), file, what);
}

/** One that nobody else should be able to read. */
async function readSecret(file: string, what: string, warn: Warn): Promise<Buffer> {
  return await read(file, what, (found) => {
    // a device is everybody's: it is refused, and has to stay as it is. Windows has other means, and tells of none here
    const own = (found.isFile() || found.isFIFO()) && process.platform !== 'win32';
    const others = own ? found.mode & 0o007 : 0;
    if (others !== 0)
      warn(`every user of this machine can ${others & 4 ? 'read' : 'change'} the ${what} ${file}: chmod 600 it`);
  });
}

async function read(file: string, what: string, look: (found: Stats) => void): Promise<Buffer> {
  try {
    look(await stat(file));
    return Buffer.from(await readNamed(file));
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_SECRET_UNUSABLE',
      what: `The ${what} ${file} cannot be read`,
      why: ioReason(cause),
      mend: 'See to it that it is there and that you may read it',
      cause,
    });
  }
}

function textOf(bytes: Uint8Array, file: string, what: string): string {
  const decoded = decodeText(bytes);
  if ('text' in decoded) return decoded.text;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_SECRET_UNUSABLE',
    what: `The ${what} ${file} cannot be used`,
    why: `it ${decoded.why}`,
    mend: 'Give a PEM file: text that begins with -----BEGIN',
  });
}

function accepted(reading: TokenReading, where: string, warn: Warn): Token {
  if ('why' in reading) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_SECRET_UNUSABLE',
      what: `There is no token in ${where}`,
      why: `it ${reading.why}`,
      mend: 'Write one with: (umask 077; openssl rand -hex 32 > token)',
    });
  }
  if (reading.weak)
    warn(`the token in ${where} is easy to guess; make one with: (umask 077; openssl rand -hex 32 > token)`);
  return reading.token;
}
