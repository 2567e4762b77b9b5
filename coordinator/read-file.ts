// Reads a file that has to be one: of a pipe or a device in its place nobody knows whether it ever ends.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** @throws an error with a code, as the system's own */
export async function readRegularFile(path: string): Promise<Buffer> {
  // a pipe without a writer would not even be opened
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw withCode('EISDIR', 'it is a folder, not a file');
    if (!found.isFile()) throw withCode('ENXIO', 'it is a pipe or a device, not a file');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
