// The reader of pictures, PNG and JPEG, in folders: one folder a class, in train/, val/ and test/ or in one that is divided later.
// What the folders and the heads of the pictures say is checked before a pixel is decoded.

import { join } from 'node:path';
import { checkHeaders, halfOf } from '../../data/assemble.ts';
import { roleOf } from '../../data/file-names.ts';
import { isHidden, pictureKind } from '../../data/picture-names.ts';
import type { DataSource, Reading } from '../../data/source.ts';
import { LockstepError } from '../../errors.ts';
import { textOfName } from '../../text/class-names.ts';
import { counted } from '../../text/counted.ts';
import { bytesOf, entriesOf, pathOf, shownPath } from '../files/byte-names.ts';
import { type FoundSize, PicturePart } from './picture-part.ts';
import { type PartFolder, type PictureTree, pictureTree } from './picture-tree.ts';
import type { FoundPath, OpenDeps, Reader } from './reader.ts';

/** Labels are bytes. */
const MOST_CLASSES = 256;
/** Folders that are looked into to see whether there are pictures, and names that a remark lists. */
const MOST_FOLDERS = 500;
const MOST_NAMES = 5;
/** Two folders of an archive, in them that of a part, and in it that of a class. */
const DEEPEST = 5;

export const pictureReader: Reader = {
  what: 'a folder of pictures (PNG, JPEG), one folder a class, in train/, val/ and test/ or not',
  matches: async ({ kind, path, names }: FoundPath) =>
    kind === 'folder' && (await hasPictures(path, names.some(isTable))),
  open: openPictures,
};

async function openPictures({ path }: FoundPath, { reading, tell }: OpenDeps): Promise<DataSource> {
  checkReading(path, reading);
  const tree = await pictureTree(path, tell);
  const { classes, remarks } = classesOf(path, tree);
  const parts = [tree.train, tree.validation, tree.test].map((part) =>
    part === null || part.classes.every(({ paths }) => paths.length === 0) ? null : new PicturePart(part, classes),
  );
  const sizes: FoundSize[] = [];
  for (const part of parts) if (part !== null) sizes.push(...(await part.sizes()));
  const { rows, columns } = reading.imageSize ?? oneSizeOf(path, sizes);
  const wanted = { rows, columns, resized: reading.imageSize !== null, grey: reading.grey };
  const [train, validation, test] = parts.map((part) => part?.as(wanted) ?? null);
  const [first, ...others] = [train!, validation!, test!].filter((part) => part !== null);
  checkHeaders(halfOf(first!, wanted), ...others.map((part) => halfOf(part, wanted)));
  return {
    form: 'pictures',
    rows,
    columns,
    classNames: classes.map((name) => textOfName(pathOf(name))),
    train: train!,
    validation: validation!,
    test: test!,
    remarks: [...remarks, ...resizing(sizes, wanted)],
    close: async () => undefined,
  };
}

/** A table beside folders of pictures tells of them; one beside loose pictures is what they tell of. */
const isTable = (name: string) => /\.[ct]sv(\.gz)?$/i.test(name);

/**
 * Whether there is one anywhere near, or, `deeper`, in folders of it; and no IDX file, which may lie below pictures that only
 * tell of it.
 */
async function hasPictures(path: string, deeper: boolean): Promise<boolean> {
  let folders = [bytesOf(path)];
  let [looked, found] = [0, false];
  for (let depth = 0; depth < DEEPEST; depth++) {
    const below: string[] = [];
    for (const folder of folders.slice(0, MOST_FOLDERS - looked)) {
      const entries = await entriesOf(folder).catch(() => []);
      if (entries.some(({ name }) => roleOf(name) !== null)) return false;
      if (depth > 0 || !deeper) found ||= entries.some(({ name }) => pictureKind(name) !== null);
      for (const { name, kind } of entries) if (kind === 'a folder' && !isHidden(name)) below.push(`${folder}/${name}`);
    }
    looked += folders.length;
    folders = below;
  }
  return found;
}

function checkReading(path: string, { pixelMax, label }: Reading): void {
  const asked = pixelMax !== null && pixelMax !== 255 ? `--pixel-max ${pixelMax}` : label === null ? null : '--label';
  if (asked === null) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `${asked} does not go with pictures`,
    why: `${path} holds pictures, whose brightness goes from 0 to 255, and whose folders are their labels`,
    mend: `Leave ${asked.split(' ')[0]} out`,
  });
}

/** The folders of the training pictures that hold any, in the order of their code points. */
function classesOf(
  path: string,
  { train, validation, test, leftOut, unsorted }: PictureTree,
): { classes: string[]; remarks: string[] } {
  const filled = filledIn(train);
  const classes = filled.map(({ name }) => name).sort();
  if (classes.length === 0) throw noClasses(path, train, unsorted);
  if (classes.length > MOST_CLASSES) {
    throw mismatch(
      `${shownPath(train.folder)} has more classes than can be told apart`,
      `it has ${classes.length} folders with pictures, and ${MOST_CLASSES} classes are the limit`,
      'Choose a folder in which each class has a folder',
    );
  }
  for (const part of [validation, test]) {
    const unknown = part === null ? undefined : filledIn(part).find(({ name }) => !classes.includes(name));
    if (unknown === undefined) continue;
    throw mismatch(
      `The folder ${shownPath(`${part!.folder}/${unknown.name}`)} is of no known class`,
      `there are no training pictures of a class of that name in ${shownPath(train.folder)}`,
      'Name the folders of a class alike in all parts, and give each class training pictures',
    );
  }
  const empty = [train, validation, test].flatMap((part) =>
    part === null
      ? []
      : part.classes.filter(({ paths }) => paths.length === 0).map(({ name }) => `${part.folder}/${name}`),
  );
  const remarks = [
    ...(empty.length === 0 ? [] : [`${counted(empty.length, 'folder')} without a picture left out: ${some(empty)}`]),
    ...(leftOut.length === 0
      ? []
      : [
          `${leftOut.length} ${leftOut.length === 1 ? 'file or folder' : 'files or folders'} left out, since no PNG or JPEG of a part: ${some(leftOut)}`,
        ]),
    ...(unsorted.length === 0
      ? []
      : [`${counted(unsorted.length, 'picture')} left out, since in no folder of a class: ${some(unsorted)}`]),
    ...numberRemark(classes),
  ];
  return { classes, remarks };
}

function filledIn(part: PartFolder) {
  return part.classes.filter(({ paths }) => paths.length > 0);
}

/** Who numbers folders expects 2 before 10, and files of labels elsewhere have it so. */
function numberRemark(classes: readonly string[]): string[] {
  const areNumbers = classes.every((name) => /^\d{1,9}$/.test(name));
  if (!areNumbers || classes.every((name, i) => i === 0 || Number(classes[i - 1]) < Number(name))) return [];
  return [`The folders are numbers, and classes come in the order of letters, as in torchvision: ${some(classes)}`];
}

function oneSizeOf(path: string, sizes: readonly FoundSize[]): { rows: number; columns: number } {
  const kinds = new Set(sizes.map(shownSize));
  const [first, ...others] = sizes;
  const other = others.find((one) => shownSize(one) !== shownSize(first!));
  if (other === undefined) return { rows: first!.height, columns: first!.width };
  const most = [...sizes].sort((a, b) => b.count - a.count)[0]!;
  throw mismatch(
    `The pictures in ${path} are not of one size`,
    `they have ${kinds.size} sizes (rows x columns): ${first!.path} has ${shownSize(first!)}, ${other.path} has ${shownSize(other)}`,
    `Bring them to one size: --image-size ${shownSize(most)} (or smaller); sides in another proportion are stretched`,
  );
}

function resizing(sizes: readonly FoundSize[], { rows, columns }: { rows: number; columns: number }): string[] {
  const others = sizes.filter(({ width, height }) => width !== columns || height !== rows);
  const count = others.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return [];
  const stretched = others
    .filter(({ width, height }) => width * rows !== height * columns)
    .reduce((sum, one) => sum + one.count, 0);
  const also = stretched === 0 ? '' : `, ${stretched} of them stretched`;
  return [`${counted(count, 'picture')} brought to ${rows}x${columns} pixels${also}`];
}

function shownSize({ width, height }: FoundSize): string {
  return `${height}x${width}`;
}

function some(paths: readonly string[]): string {
  const more = paths.length > MOST_NAMES ? ` and ${paths.length - MOST_NAMES} more` : '';
  return `${paths.slice(0, MOST_NAMES).map(shownPath).join(', ')}${more}`;
}

function noClasses(path: string, { folder }: PartFolder, unsorted: readonly string[]): LockstepError {
  return mismatch(
    `There are no classes of pictures in ${path}`,
    unsorted.length > 0
      ? `${counted(unsorted.length, 'picture')} lie in ${shownPath(folder)} itself, and the folder of a picture is its label`
      : `no folder in ${shownPath(folder)} holds a PNG or JPEG`,
    `Put the pictures of each class into a folder of its name, such as ${join(path, 'cat')}`,
  );
}

function mismatch(what: string, why: string, mend: string): LockstepError {
  return new LockstepError({ code: 'ERR_LOCKSTEP_DATA_MISMATCH', what, why, mend });
}
