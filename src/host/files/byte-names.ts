// What is in a folder, by names as the file system has them: bytes, which need not be UTF-8. Such a name is a text of one
// character a byte, so that texts compare as the bytes do. Knows nothing of what the files are for.

import { type Dirent, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { textOfName } from '../../text/class-names.ts';
import { kindOf } from './read-file.ts';

export interface Entry {
  readonly name: string;
  /** "a pipe"; null: it is not there, as behind a link that leads nowhere. */
  readonly kind: 'a file' | 'a folder' | (string & {}) | null;
}

/** The path of a user -> bytes. */
export function bytesOf(path: string): string {
  return Buffer.from(path).toString('latin1');
}

/** For whatever opens it. */
export function pathOf(bytes: string): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** For people. */
export function shownPath(bytes: string): string {
  return textOfName(pathOf(bytes));
}

/** In the order of the bytes of their names. What a link leads to counts. @throws what the system says */
export async function entriesOf(folder: string): Promise<Entry[]> {
  const entries = await readdir(pathOf(folder), { withFileTypes: true, encoding: 'buffer' });
  const named = entries.map((entry) => {
    const name = entry.name.toString('latin1');
    return { name, kind: kindOfEntry(entry, `${folder}/${name}`) };
  });
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What makes a folder the same one, however one came there. */
export function identityOf(folder: string): string {
  const { dev, ino } = statSync(pathOf(folder), { bigint: true });
  return `${dev}:${ino}`;
}

function kindOfEntry(entry: Dirent<Buffer>, path: string): Entry['kind'] {
  if (entry.isFile()) return 'a file';
  if (entry.isDirectory()) return 'a folder';
  // others are looked at too: not all systems tell kinds
  const found = foundAt(path);
  return found === null ? null : (kindOf(found) ?? 'a file');
}

function foundAt(path: string): Stats | null {
  try {
    return statSync(pathOf(path));
  } catch {
    return null;
  }
}
