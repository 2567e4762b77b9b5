// Which arrays there are in some files of NumPy's, and what each of them is by its name.

import { basename } from 'node:path';
import { type ArrayRole, type ArraySplit, arrayRoleOf, splitOfName } from '../../data/array-roles.ts';
import { fileKindOf } from '../../data/file-kind.ts';
import { LockstepError } from '../../errors.ts';
import { plainBytes } from './byte-stream.ts';
import { headOf, openDataFile } from './data-file.ts';
import { NpyArray } from './npy-array.ts';
import type { FoundPath } from './reader.ts';
import { openZip, type ZipArchive } from './zip-archive.ts';

export interface SetPart {
  readonly images: NpyArray;
  readonly labels: NpyArray;
}

export interface ArraySet {
  readonly train: SetPart;
  readonly validation: SetPart | null;
  readonly test: SetPart | null;
}

/** An array whose content was not looked at. */
interface Named {
  /** "mnist.npz (x_train.npy)" */
  readonly name: string;
  readonly role: ArrayRole | null;
  read(): Promise<NpyArray>;
}

const MOST_SHOWN = 12;

export async function hasArrays({ path, kind, names, head }: FoundPath): Promise<boolean> {
  const isOurs = (name: string) => /\.np[yz]$/i.test(name);
  if (kind === 'folder') return names.some(isOurs);
  if (kind === 'nothing') return names.some((name) => name.startsWith(basename(path)) && isOurs(name));
  if (isNpy(head) || /\.npz$/i.test(path)) return true;
  if (!isZip(head)) return false;
  try {
    const { entries, close } = await openZip(path);
    await close();
    return entries.some(({ name }) => /\.npy$/i.test(name));
  } catch {
    return false;
  }
}

/** @throws LockstepError where they make no data set */
export async function arraysOf(
  path: string,
  files: readonly string[],
): Promise<{ readonly set: ArraySet; readonly remarks: readonly string[]; close(): Promise<void> }> {
  const archives: ZipArchive[] = [];
  const close = async () => {
    await Promise.all(archives.map((archive) => archive.close()));
  };
  try {
    const named: Named[] = [];
    for (const file of files) {
      const head = await headOf(file);
      const saysArray = /\.npy$/i.test(file);
      if (isZip(head) && !saysArray) {
        named.push(...(await inArchive(file, archives)));
        continue;
      }
      const one = singleArray(file);
      // an array that nothing is asked of may be anything
      if (!isNpy(head) && (one.role !== null || !saysArray)) throw notNumpy(file, head);
      named.push(one);
    }
    return { ...(await setOf(path, named)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b;
}

function isNpy(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(0, 6)) === '\x93NUMPY';
}

/** A web page or a pointer of Git LFS in its place, for example. */
function notNumpy(file: string, head: Uint8Array): LockstepError {
  const kind = fileKindOf(head);
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `${file} is no NumPy file`,
    why:
      kind === null
        ? `it does not begin as a ${/\.npy$/i.test(file) ? '.npy file' : 'zip archive'} does`
        : `by its first bytes it is ${kind.name}`,
    mend: kind?.mend ?? 'Fetch the file again from where it came from',
  });
}

function singleArray(file: string): Named {
  const read = async () => {
    const { handle, size } = await openDataFile(file);
    await handle.close();
    return await NpyArray.read(file, size, async () => plainBytes(await openDataFile(file)));
  };
  return { name: file, role: arrayRoleOf(stemOf(file)), read };
}

async function inArchive(file: string, archives: ZipArchive[]): Promise<Named[]> {
  const archive = await openZip(file);
  archives.push(archive);
  const arrays = archive.entries.filter(({ name }) => /\.npy$/i.test(name));
  return arrays.map((entry, at) => {
    const name = `${file} (${entry.name})`;
    return {
      name,
      role: roleIn(file, stemOf(entry.name), at, arrays.length),
      read: () => NpyArray.read(name, entry.bytes, entry.open),
    };
  });
}

/** What an archive's array is: its own name says it, or that of the archive (kmnist-train-imgs.npz), or its place (numpy.savez). */
function roleIn(file: string, name: string, at: number, of: number): ArrayRole | null {
  if (of === 1) return arrayRoleOf(name) ?? arrayRoleOf(stemOf(file));
  const split = splitOfName(stemOf(file)) ?? 'whole';
  const own = arrayRoleOf(name);
  if (own !== null) return own.split === 'whole' ? { ...own, split } : own;
  if (of === 2 && name === `arr_${at}`) return { split, what: at === 0 ? 'images' : 'labels' };
  return null;
}

async function setOf(
  path: string,
  named: readonly Named[],
): Promise<{ readonly set: ArraySet; readonly remarks: readonly string[] }> {
  const parts = new Map<ArraySplit, SetPart>();
  const used = new Set<Named>();
  const splits = new Set(named.flatMap(({ role }) => (role === null ? [] : [role.split])));
  // where there is a training set, what is not divided is something else
  if (splits.has('train')) splits.delete('whole');
  for (const split of splits) {
    const images = theOne(path, named, { split, what: 'images' });
    const labels = theOne(path, named, { split, what: 'labels' });
    if (images === null || labels === null)
      throw incomplete(path, named, { split, what: images === null ? 'images' : 'labels' });
    used.add(images).add(labels);
    parts.set(split, { images: await images.read(), labels: await labels.read() });
  }
  const train = parts.get('train') ?? parts.get('whole');
  if (train === undefined) throw incomplete(path, named, { split: 'train', what: 'images' });
  const left = named.filter((one) => !used.has(one)).map(({ name }) => name);
  const remarks =
    left.length === 0 ? [] : [`Not used, since their names say nothing of images or labels: ${listed(left)}`];
  return { set: { train, validation: parts.get('validation') ?? null, test: parts.get('test') ?? null }, remarks };
}

/** Where scikit-learn has the same images twice, as images and as rows ("data"), the images are meant. */
function theOne(path: string, named: readonly Named[], { split, what }: ArrayRole): Named | null {
  const all = named.filter(({ role }) => role?.split === split && role.what === what);
  const some = all.filter(({ name }) => !/(^|[^a-z])data\.npy\)?$/i.test(name));
  const found = some.length > 0 ? some : all;
  if (found.length < 2) return found[0] ?? null;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `There is more than one array that may be the ${wordsOf({ split, what })} in ${path}`,
    why: listed(found.map(({ name }) => name)),
    mend: 'Name the data set by what the names of its files begin with, e.g. --data FOLDER/kmnist',
  });
}

function incomplete(path: string, named: readonly Named[], missing: ArrayRole): LockstepError {
  const there = named.length === 0 ? 'there is no array in it' : `there are ${listed(named.map(({ name }) => name))}`;
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISSING',
    what: `The data set in ${path} is not complete`,
    why: `no array is named as its ${wordsOf(missing)}; ${there}`,
    mend: 'Name the arrays x_train, y_train, x_test and y_test (or train_images, train_labels and so on), or give the folder that holds all of them',
  });
}

function wordsOf({ split, what }: ArrayRole): string {
  const names = { train: 'training ', validation: 'validation ', test: 'test ', whole: '' };
  return `${names[split]}${what}`;
}

function listed(names: readonly string[]): string {
  const more = names.length > MOST_SHOWN ? ` and ${names.length - MOST_SHOWN} more` : '';
  return `${names.slice(0, MOST_SHOWN).join(', ')}${more}`;
}

function stemOf(file: string): string {
  return basename(file).replace(/\.np[yz]$/i, '');
}
