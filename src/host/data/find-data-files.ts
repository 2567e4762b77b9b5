// Where in a folder the four files of an IDX data set are: in it, or one level below, as archives unpack; or, of a path that is
// none, the files whose names begin so. Only files count.
// Knows nothing of what stands in them.

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileKindOf } from '../../data/file-kind.ts';
import {
  byPreference,
  type DataRole,
  dataRoles,
  prefixOf,
  roleOf,
  roleWithin,
  standardNames,
} from '../../data/file-names.ts';
import { LockstepError } from '../../errors.ts';
import { shellWord } from '../../text/shell-command.ts';
import { ioReason } from '../files/io-reason.ts';
import { kindOf } from '../files/read-file.ts';
import { headOf } from './data-file.ts';

/** Paths of files. */
export type DataFiles = Readonly<Record<DataRole, string>>;

interface Place {
  readonly folder: string;
  /** Of those that are there. */
  readonly files: Partial<DataFiles>;
  /** "t10k-images-idx3-ubyte is a pipe" */
  readonly otherKinds: readonly string[];
  readonly names: readonly string[];
  readonly folders: readonly string[];
}

/** Folders below that are looked into, and names that an error lists. */
const MOST_FOLDERS = 64;
const MOST_NAMES = 12;

/** `tell` hears of files that do not lie in the folder itself. `instead`: what else a user can do. */
export async function findDataFiles(
  folder: string,
  instead: string,
  tell: (message: string) => void,
): Promise<DataFiles> {
  const top = await look(folder, instead);
  if (isWhole(top.files)) return top.files;

  const below: Place[] = [];
  for (const name of top.folders.slice(0, MOST_FOLDERS)) {
    const place = await lookBelow(join(folder, name));
    if (place === null) continue;
    below.push(place);
    // torchvision's MNIST/raw
    const raw = place.folders.find((each) => each.toLowerCase() === 'raw');
    const inner = isWhole(place.files) || raw === undefined ? null : await lookBelow(join(place.folder, raw));
    if (inner !== null) below.push(inner);
  }
  const whole = below.filter(({ files }) => isWhole(files));
  const [found, another] = whole;
  if (found !== undefined && another !== undefined) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: `There is more than one data set in ${folder}`,
      why: `${whole.map((place) => place.folder).join(' and ')} hold one each`,
      mend: `Name one of them: --data ${shellWord(found.folder)}`,
    });
  }
  if (found !== undefined && Object.keys(top.files).length === 0) {
    tell(`The data files were found in ${found.folder}`);
    return found.files as DataFiles;
  }
  // Kaggle's layout: a folder with the name of a file, and the file in it
  const filled: Partial<Record<DataRole, string>> = { ...top.files };
  for (const role of dataRoles) {
    const inside = below.filter(({ folder, files }) => roleOf(nameOf(folder)) === role && files[role] !== undefined);
    if (filled[role] === undefined && inside.length === 1) filled[role] = inside[0]!.files[role]!;
  }
  if (!isWhole(filled)) throw incomplete(top, filled, instead, below);
  const inner = dataRoles.filter((role) => top.files[role] === undefined).map((role) => filled[role]);
  tell(`Found one level below ${folder}: ${inner.join(', ')}`);
  return filled;
}

/** Of a set whose files bear its name, such as EMNIST's: `path` is their folder and that name. */
export async function findNamedFiles(path: string, instead: string): Promise<DataFiles> {
  const place = await placeOf(dirname(path), basename(path));
  if (isWhole(place.files)) return place.files;
  throw incomplete(place, place.files, instead);
}

function isWhole(files: Partial<DataFiles>): files is DataFiles {
  return dataRoles.every((role) => files[role] !== undefined);
}

async function look(folder: string, instead: string): Promise<Place> {
  try {
    return await placeOf(folder);
  } catch (cause) {
    const kind = await stat(folder).then(
      (found) => (found.isFile() ? 'a file' : kindOf(found)),
      () => null,
    );
    const isNoFolder = kind !== null && kind !== 'a folder';
    const archive = kind === 'a file' ? await headOf(folder).then(fileKindOf, () => null) : null;
    if (kind === null && /^[a-z][a-z0-9+.-]+:\/\//i.test(folder)) throw notFetched(folder, cause);
    const isUnknown = kind === 'a file' && archive === null;
    const mend = isUnknown
      ? `Give the folder that holds the four IDX files: --data ${shellWord(dirname(folder))}`
      : `Look at the path: --data takes IDX files, a folder of pictures, Parquet, .npz or CSV (.csv, .tsv); or ${instead}`;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_UNREADABLE',
      what: `The data folder ${folder} cannot be read`,
      why: isNoFolder ? `it is ${archive?.name ?? kind}, not a folder (ENOTDIR)` : ioReason(cause),
      mend: archive === null || archive.isPlain ? mend : archive.mend,
      cause,
    });
  }
}

function notFetched(address: string, cause: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_UNREADABLE',
    what: `The data at ${address} cannot be read`,
    why: 'it is an address, and nothing is fetched from the network',
    mend: 'Fetch the files first, for example by curl -LO, and give their path with --data PATH',
    cause,
  });
}

async function lookBelow(folder: string): Promise<Place | null> {
  // what cannot be read has nothing for us
  return await placeOf(folder).catch(() => null);
}

/** `set`: what the names begin with. */
async function placeOf(folder: string, set = ''): Promise<Place> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map(({ name }) => name).sort();
  const files: Partial<Record<DataRole, string>> = {};
  const otherKinds: string[] = [];
  const role = (name: string) => (set === '' ? roleOf(name) : roleWithin(name, set));
  for (const name of names.filter((each) => role(each) !== null).sort(byPreference)) {
    const path = join(folder, name);
    const kind = await stat(path).then(kindOf, ioReason);
    if (kind === null) files[role(name)!] ??= path;
    else otherKinds.push(`${name} is ${kind.startsWith('it is ') ? kind.slice(6) : kind}`);
  }
  return { folder, files, otherKinds, names, folders: await foldersOf(folder, entries) };
}

async function foldersOf(folder: string, entries: readonly Dirent[]): Promise<string[]> {
  const folders: string[] = [];
  for (const entry of entries) {
    const linked = entry.isSymbolicLink() && folders.length < MOST_FOLDERS;
    const isFolder = linked
      ? await stat(join(folder, entry.name)).then(
          (found) => found.isDirectory(),
          () => false,
        )
      : entry.isDirectory();
    if (isFolder) folders.push(entry.name);
  }
  return folders.sort();
}

function nameOf(folder: string): string {
  return folder.slice(dirname(folder).length).replace(/^[\\/]+/, '');
}

function incomplete(
  top: Place,
  found: Partial<DataFiles>,
  instead: string,
  below: readonly Place[] = [],
): LockstepError {
  const { folder, names, otherKinds } = top;
  const missing = dataRoles.filter((role) => found[role] === undefined).map((role) => standardNames[role]);
  const shown = names.slice(0, MOST_NAMES).join(', ');
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const there =
    names.length === 0 ? 'the folder is empty' : `in the folder ${names.length === 1 ? 'is' : 'are'} ${shown}${more}`;
  const kinds = otherKinds.length === 0 ? '' : ` (${otherKinds.join(', ')})`;
  // QMNIST's and EMNIST's files, as they are fetched, or unpacked into gzip/
  const [set] = [top, ...below].flatMap((place) =>
    place.names.flatMap((name) => {
      const prefix = prefixOf(name);
      return prefix === null ? [] : [join(place.folder, prefix.slice(0, -1))];
    }),
  );
  const put =
    set === undefined
      ? 'Put the missing files there'
      : `Name the set by what the names of its files begin with: --data ${shellWord(set)}`;
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISSING',
    what: `The data set in ${folder} is not complete`,
    why: `missing ${missing.length === 1 ? 'is' : 'are'} ${missing.join(', ')} (plain or .gz); ${there}${kinds}`,
    mend: `${put}, choose another folder with --data DIR, or ${instead}`,
  });
}
