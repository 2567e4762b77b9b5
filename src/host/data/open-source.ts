// What lies at a path, and which reader opens it: the one table of forms. Knows no format itself.

import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DataSource } from '../../data/source.ts';
import { csvReader } from './csv-reader.ts';
import { headOf } from './data-file.ts';
import { idxReader } from './idx-reader.ts';
import { numpyReader } from './numpy-reader.ts';
import { parquetReader } from './parquet-reader.ts';
import { pictureReader } from './picture-reader.ts';
import type { FoundPath, OpenDeps, Reader } from './reader.ts';

/** The first that matches opens it. A folder that none matches may still hold IDX files further down. */
const readers: readonly Reader[] = [idxReader, parquetReader, numpyReader, pictureReader, csvReader];

/** @throws LockstepError */
export async function openSource(path: string, deps: OpenDeps): Promise<DataSource> {
  const found = await lookAt(path);
  for (const reader of readers) if (await reader.matches(found)) return await reader.open(found, deps);
  return await idxReader.open(found, deps);
}

/** What cannot be read is told by whoever opens it. */
async function lookAt(path: string): Promise<FoundPath> {
  const nothing = { path, names: [], folders: [], head: new Uint8Array(0) };
  const stats = await stat(path).catch(() => null);
  if (stats === null) return { ...nothing, kind: 'nothing', names: await namesIn(dirname(path)) };
  if (stats.isFile()) return { ...nothing, kind: 'file', head: await headOf(path).catch(() => nothing.head) };
  if (!stats.isDirectory()) return { ...nothing, kind: 'other' };
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
  return { ...nothing, kind: 'folder', names: entries.map(({ name }) => name).sort(), folders: folders.sort() };
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
