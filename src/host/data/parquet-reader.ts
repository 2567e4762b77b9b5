// The reader of pictures in Parquet files, as the Hugging Face hub serves data sets. The labels of all rows are read first, and then
// the pictures page by page, one file open at a time.

import { checkHeaders, halfOf } from '../../data/assemble.ts';
import type { DataSource, Reading, SourcePart } from '../../data/source.ts';
import { LockstepError } from '../../errors.ts';
import { sizeOfPicture } from '../../image/decode.ts';
import { PictureError } from '../../image/picture.ts';
import { trainingImage, type WantedImage } from '../../image/training-image.ts';
import { type PictureColumns, pictureColumns } from '../../parquet/picture-columns.ts';
import { ParquetError } from '../../parquet/thrift.ts';
import { codeOf } from '../files/io-reason.ts';
import { headOf, refuseStandIn, unreadable } from './data-file.ts';
import { LabelWords } from './label-words.ts';
import { ParquetFile } from './parquet-file.ts';
import { findParquet, type ParquetPaths } from './parquet-files.ts';
import { numberedByName, ParquetLabels } from './parquet-labels.ts';
import type { FoundPath, OpenDeps, Reader } from './reader.ts';

export const parquetReader: Reader = {
  what: 'Parquet files of pictures, as the Hugging Face hub serves them',
  matches: async ({ kind, path, head }: FoundPath) => {
    if (kind === 'file') return String.fromCharCode(...head.subarray(0, 4)) === 'PAR1';
    if (kind !== 'folder') return false;
    // more than one data set is found again when it is opened, and told then
    return await findParquet(path, () => undefined).then(
      (found) => found !== null,
      () => true,
    );
  },
  open: openParquet,
};

/** A file with the labels of its rows. */
interface Opened {
  readonly path: string;
  readonly columns: PictureColumns;
  readonly labels: ParquetLabels;
}

async function openParquet({ kind, path }: FoundPath, { reading, tell }: OpenDeps): Promise<DataSource> {
  const found = kind === 'file' ? { parts: { train: [path] }, leftOut: [] } : await findParquet(path, tell);
  checkReading(path, reading);
  const words = new LabelWords();
  const { train, validation, test } = await openedParts(path, found?.parts ?? {}, reading, words);
  const classNames = classNamesOf([...train, ...validation, ...test], train, words);
  const { rows, columns } = reading.imageSize ?? (await sizeOfFirst(train));
  const wanted = { rows, columns, resized: reading.imageSize !== null, grey: reading.grey };
  const parts = [train, validation, test].map((files) => (files.length === 0 ? null : partOf(files, wanted)));
  const [first, ...others] = parts.filter((part) => part !== null).map(({ part }) => halfOf(part, wanted));
  checkHeaders(first!, ...others);
  const leftOut = found?.leftOut ?? [];
  return {
    form: 'Parquet files',
    rows,
    columns,
    classNames,
    train: parts[0]!.part,
    validation: parts[1]?.part ?? null,
    test: parts[2]?.part ?? null,
    remarks: leftOut.length === 0 ? [] : [`Left out, since called like no part of a data set: ${leftOut.join(', ')}`],
    close: async () => {
      for (const part of parts) await part?.images.return(undefined);
    },
  };
}

function checkReading(path: string, { pixelMax }: Reading): void {
  if (pixelMax === null || pixelMax === 255) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `--pixel-max ${pixelMax} does not go with pictures`,
    why: `${path} holds pictures, whose brightness goes from 0 to 255`,
    mend: 'Leave --pixel-max out',
  });
}

async function openedParts(
  path: string,
  { train, validation, test }: ParquetPaths,
  { label }: Reading,
  words: LabelWords,
) {
  const opened = async (paths: readonly string[] = []) => {
    const files: Opened[] = [];
    for (const one of paths) {
      const file = await openedFile(one, label, words);
      if (file.labels.numbers.length > 0) files.push(file);
    }
    return files;
  };
  const parts = { train: await opened(train), validation: await opened(validation), test: await opened(test) };
  if (parts.train.length > 0) return parts;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISSING',
    what: `There are no training images in ${path}`,
    why:
      train === undefined
        ? 'no Parquet file is called train-...'
        : 'the Parquet files of the training part have no rows',
    mend: 'Give all files of the data set, such as train-00000-of-00001.parquet',
  });
}

async function openedFile(path: string, label: string | null, words: LabelWords): Promise<Opened> {
  refuseStandIn(path, await headOf(path));
  return await told(path, async () => {
    const file = await ParquetFile.open(path);
    try {
      const columns = pictureColumns(file.footer, label);
      const labels = new ParquetLabels(path, file.footer.rows, columns.classNames, words);
      for await (const values of file.values(columns.label)) labels.add(values);
      return { path, columns, labels };
    } finally {
      await file.close();
    }
  });
}

/** Of all files, or of the labels of the training images where these are texts. */
function classNamesOf(all: readonly Opened[], train: readonly Opened[], words: LabelWords): readonly string[] | null {
  const { columns, labels, path: first } = train[0]!;
  const noted = JSON.stringify(columns.classNames);
  const other = all.find(
    (one) => JSON.stringify(one.columns.classNames) !== noted || one.labels.areTexts !== labels.areTexts,
  );
  if (other !== undefined) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: `${other.path} has other classes than ${first}`,
      why: 'the names of the labels that stand in them differ',
      mend: 'Put Parquet files of one and the same data set into the folder',
    });
  }
  const labelsOf = (files: readonly Opened[]) => files.map((file) => file.labels);
  return labels.areTexts ? numberedByName(labelsOf(all), labelsOf(train), words) : columns.classNames;
}

/** The size of one picture: that the others have it is found when they are read. */
async function sizeOfFirst(train: readonly Opened[]): Promise<{ rows: number; columns: number }> {
  const images = imagesOf(train);
  try {
    const { value } = await images.next();
    const size = value === undefined ? null : used(value, sizeOfPicture);
    if (size === null) throw unusable(value!, new PictureError('it ends before it says how large it is'));
    return { rows: size.height, columns: size.width };
  } finally {
    await images.return(undefined);
  }
}

function partOf(files: readonly Opened[], wanted: WantedImage) {
  const labels = Buffer.concat(files.map((file) => file.labels.numbers));
  const images = imagesOf(files);
  const pixels = wanted.rows * wanted.columns;
  const [{ path }] = files as [Opened];
  const read = async (target: Uint8Array) => {
    for (let at = 0; at < target.length; at += pixels) {
      const { value } = await images.next();
      target.set(
        used(value!, (bytes) => trainingImage(bytes, wanted)),
        at,
      );
    }
  };
  const part: SourcePart = { name: path, count: labels.length, labels: new Uint8Array(labels), read };
  return { part, images };
}

interface StoredPicture {
  readonly bytes: Uint8Array;
  readonly path: string;
  readonly row: number;
}

async function* imagesOf(files: readonly Opened[]): AsyncGenerator<StoredPicture, undefined> {
  for (const { path, columns } of files) {
    const file = await told(path, async () => await ParquetFile.open(path));
    try {
      const pages = file.values(columns.image);
      for (let row = 0; ; ) {
        const { value, done } = await told(path, async () => await pages.next());
        if (done) break;
        for (const bytes of value) {
          if (!(bytes instanceof Uint8Array))
            throw unusable({ path, row }, new PictureError('there is none in its row'));
          yield { bytes, path, row: row++ };
        }
      }
    } finally {
      await file.close();
    }
  }
  return undefined;
}

function used<T>(picture: StoredPicture, use: (bytes: Uint8Array) => T): T {
  try {
    return use(picture.bytes);
  } catch (error) {
    if (error instanceof PictureError) throw unusable(picture, error);
    throw error;
  }
}

function unusable({ path, row }: Omit<StoredPicture, 'bytes'>, cause: PictureError): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `The picture in row ${row} of ${path} cannot be used`,
    why: cause.message,
    mend: cause.mend ?? 'Take it out of the data set',
    cause,
  });
}

/** What went wrong with a file, as an error of ours. */
async function told<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof ParquetError)) throw codeOf(cause) === null ? cause : unreadable(path, cause);
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MALFORMED',
      what: `The data file ${path} cannot be used`,
      why: cause.message,
      mend:
        cause.mend ??
        'Fetch it again if it is not whole; else write it anew as datasets does: pictures (PNG or JPEG), labels, packed with snappy',
      cause,
    });
  }
}
