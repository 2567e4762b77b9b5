// What lies in a folder of pictures: the parts of the data set, their classes, and the paths of the pictures of each. No file is
// opened. Names are bytes (byte-names.ts).

import { isHidden, type PictureSplit, pictureKind, splitOf } from '../../data/picture-names.ts';
import { LockstepError } from '../../errors.ts';
import { shellWord } from '../../text/shell-command.ts';
import { bytesOf, type Entry, entriesOf, identityOf, shownPath } from '../files/byte-names.ts';
import { ioReason } from '../files/io-reason.ts';

/** A class as a folder of its own. */
interface ClassFolder {
  readonly name: string;
  /** Of its pictures, from the folder of the part on: "cat/1.png"; in no order. */
  readonly paths: readonly string[];
}

export interface PartFolder {
  readonly folder: string;
  readonly classes: readonly ClassFolder[];
}

export interface PictureTree {
  /** Without any of the parts there is but this one. */
  readonly train: PartFolder;
  readonly validation: PartFolder | null;
  readonly test: PartFolder | null;
  /** Of what was left out, for people. */
  readonly leftOut: readonly string[];
  /** Pictures that lie in no folder of a class. */
  readonly unsorted: readonly string[];
}

/** Folders within the folder of a class, one in another. */
const DEEPEST = 16;

/** @throws LockstepError */
export async function pictureTree(path: string, tell: (message: string) => void): Promise<PictureTree> {
  const root = await rootOf(bytesOf(path), tell);
  const leftOut: string[] = [];
  const unsorted: string[] = [];
  const parts: Partial<Record<PictureSplit, PartFolder>> = {};
  const splits = await splitsIn(root);
  if (splits.train === undefined) {
    parts.train = await partOf(root, leftOut, unsorted);
  } else {
    for (const split of ['train', 'validation', 'test'] as const) {
      const folder = splits[split];
      if (folder !== undefined) parts[split] = await partOf(folder, leftOut, unsorted);
    }
    const known = new Set(Object.values(splits));
    for (const { name, kind } of await listed(root)) {
      if (!isHidden(name) && !known.has(`${root}/${name}`))
        leftOut.push(`${root}/${name}${kind === 'a folder' ? '/' : ''}`);
    }
  }
  return { train: parts.train!, validation: parts.validation ?? null, test: parts.test ?? null, leftOut, unsorted };
}

/** Archives unpack into one folder, and this often into one of the same name again. */
async function rootOf(folder: string, tell: (message: string) => void): Promise<string> {
  let root = folder;
  for (let depth = 0; depth < 2; depth++) {
    const entries = (await listed(root)).filter(({ name }) => !isHidden(name));
    const [only, another] = entries.filter(({ kind }) => kind === 'a folder');
    if (only === undefined || another !== undefined || entries.some(isPicture)) break;
    const below = `${root}/${only.name}`;
    const inside = (await listed(below)).filter(({ name }) => !isHidden(name));
    const isClass = inside.some(isPicture) || inside.every(({ kind }) => kind !== 'a folder');
    if (isClass || (await splitsIn(root)).train !== undefined) break;
    root = below;
  }
  if (root !== folder) tell(`The pictures were found in ${shownPath(root)}`);
  return root;
}

/** The folders of the parts: such as hold folders of classes. One that holds pictures is a class that is called so. */
async function splitsIn(root: string): Promise<Partial<Record<PictureSplit, string>>> {
  const found: Partial<Record<PictureSplit, string>> = {};
  for (const { name, kind } of await listed(root)) {
    const split = kind === 'a folder' ? splitOf(name) : null;
    const folder = `${root}/${name}`;
    if (split === null || !(await listed(folder)).some((one) => one.kind === 'a folder' && !isHidden(one.name)))
      continue;
    const other = found[split];
    if (other !== undefined) throw twice(split, [other, folder]);
    found[split] = folder;
  }
  return found;
}

async function partOf(folder: string, leftOut: string[], unsorted: string[]): Promise<PartFolder> {
  const classes: ClassFolder[] = [];
  for (const { name, kind } of await listed(folder)) {
    if (isHidden(name)) continue;
    if (kind === 'a folder') {
      const paths: string[] = [];
      await collect(folder, name, [], paths, leftOut);
      classes.push({ name, paths });
    } else if (pictureKind(name) === null) leftOut.push(`${folder}/${name}`);
    else unsorted.push(`${folder}/${name}`);
  }
  return { folder, classes };
}

/** All pictures in the folder `within` of `folder`, and in those in it. */
async function collect(
  folder: string,
  within: string,
  above: readonly string[],
  paths: string[],
  leftOut: string[],
): Promise<void> {
  const here = `${folder}/${within}`;
  const identity = identityOf(here);
  if (above.includes(identity)) throw unusable(here, 'it is a link to a folder that it lies in', 'Remove the link');
  if (above.length > DEEPEST)
    throw unusable(
      here,
      `it lies ${above.length} folders deep in the folder of its class`,
      'Put pictures into the folders of their classes',
    );
  for (const entry of await listed(here)) {
    const path = `${within}/${entry.name}`;
    if (isHidden(entry.name)) continue;
    if (entry.kind === 'a folder') await collect(folder, path, [...above, identity], paths, leftOut);
    else if (isPicture(entry)) paths.push(readable(folder, path, entry));
    else leftOut.push(`${folder}/${path}`);
  }
}

function isPicture({ name }: Entry): boolean {
  return pictureKind(name) !== null;
}

function readable(folder: string, path: string, { name, kind }: Entry): string {
  if (pictureKind(name) === 'other') {
    throw unusable(
      `${folder}/${path}`,
      'only PNG and JPEG can be read',
      'Save it as one of them, or take it out of the folder',
    );
  }
  if (kind === null)
    throw unusable(
      `${folder}/${path}`,
      'it is a link that leads nowhere',
      'Put the picture there, or take the link out of the folder',
    );
  if (kind !== 'a file') throw unusable(`${folder}/${path}`, `it is ${kind}, not a file`, 'Take it out of the folder');
  return path;
}

async function listed(folder: string): Promise<Entry[]> {
  try {
    return await entriesOf(folder);
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_UNREADABLE',
      what: `The folder ${shownPath(folder)} cannot be read`,
      why: ioReason(cause),
      mend: 'See to it that it is a folder and that you may read it',
      cause,
    });
  }
}

function unusable(path: string, why: string, mend: string): LockstepError {
  const what = `${shownPath(path)} cannot be used`;
  return new LockstepError({ code: 'ERR_LOCKSTEP_DATA_MALFORMED', what, why, mend });
}

function twice(split: PictureSplit, folders: readonly string[]): LockstepError {
  const [one, other] = folders.map(shownPath);
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `There are two folders of ${split === 'train' ? 'training' : split} pictures`,
    why: `${one} and ${other} are both called so`,
    mend: `Put the pictures of one part into one folder, such as ${shellWord(one!)}`,
  });
}
