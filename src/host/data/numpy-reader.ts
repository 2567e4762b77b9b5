// The reader of NumPy's arrays: an archive (.npz), or a folder of archives and single arrays (.npy), of which the names say what
// is in them. Knows nothing of how an array is stored.

import { basename, dirname, join } from 'node:path';
import { checkHeaders, type Half } from '../../data/assemble.ts';
import { type ImageLayout, imageLayout, refuseNumberLast } from '../../data/image-layout.ts';
import { type PixelRange, type PixelScale, plainScale, scaleOf } from '../../data/pixel-scale.ts';
import type { DataSource, Reading, SourcePart } from '../../data/source.ts';
import { LockstepError } from '../../errors.ts';
import { needsLook, rangeOf } from './array-part.ts';
import type { ByteStream } from './byte-stream.ts';
import { LabelWords } from './label-words.ts';
import { laidPixels } from './laid-pixels.ts';
import type { NpyArray } from './npy-array.ts';
import { type ArraySet, arraysOf, hasArrays, type SetPart } from './numpy-files.ts';
import type { FoundPath, OpenDeps, Reader } from './reader.ts';

export const numpyReader: Reader = {
  what: 'a NumPy archive (.npz), or a folder of .npy or .npz files',
  matches: async (found: FoundPath) => await hasArrays(found),
  open: openNumpy,
};

async function openNumpy({ path, kind, names }: FoundPath, { reading }: OpenDeps): Promise<DataSource> {
  const files = namedFiles(path, kind, names);
  const { set, close: closeFiles, remarks } = await arraysOf(path, files);
  const streams: ByteStream[] = [];
  const close = async () => {
    await Promise.all(streams.map((stream) => stream.close()));
    await closeFiles();
  };
  try {
    return {
      ...(await sourceOf(path, set, reading, streams)),
      form: kind === 'file' ? 'NumPy archive' : 'NumPy arrays',
      remarks,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The arrays' files: the one, all in a folder, or those whose names begin so. */
function namedFiles(path: string, kind: FoundPath['kind'], names: readonly string[]): readonly string[] {
  if (kind === 'file') return [path];
  const [folder, start] = kind === 'folder' ? [path, ''] : [dirname(path), basename(path)];
  return names.filter((name) => name.startsWith(start) && /\.np[yz]$/i.test(name)).map((name) => join(folder, name));
}

async function sourceOf(
  path: string,
  set: ArraySet,
  reading: Reading,
  streams: ByteStream[],
): Promise<Pick<DataSource, 'rows' | 'columns' | 'classNames' | 'train' | 'validation' | 'test'>> {
  const parts = [set.train, set.validation, set.test].filter((part) => part !== null);
  for (const { images, labels } of parts) {
    refuseNumberLast(images.header.name, images.header.shape, labels.labelCount);
  }
  const layouts = new Map(
    parts.map((part) => [part, imageLayout(part.images.header.name, part.images.header.shape, reading)]),
  );
  const [first, ...others] = parts.map((part) => halfOf(part, layouts.get(part)!));
  checkHeaders(first!, ...others);
  refuseMixture(path, parts);
  const scale = await scaleFor(
    parts.map(({ images }) => images),
    reading.pixelMax,
  );
  const words = new LabelWords();
  const numbers = new Map<SetPart, Uint8Array>();
  for (const part of parts) numbers.set(part, await part.labels.labels(words));
  const hasWords = set.train.labels.hasWords;
  const found = hasWords ? words.classes(numbers.get(set.train)!) : null;
  const made = (part: SetPart): SourcePart => {
    const labels = numbers.get(part)!;
    return partOf(
      part,
      layouts.get(part)!,
      scale,
      found === null ? labels : labels.map((word) => found.labelOf[word]!),
      streams,
    );
  };
  const { rows, columns } = layouts.get(set.train)!;
  return {
    rows,
    columns,
    classNames: found?.classNames ?? null,
    train: made(set.train),
    validation: set.validation && made(set.validation),
    test: set.test && made(set.test),
  };
}

function halfOf({ images, labels }: SetPart, { count, rows, columns }: ImageLayout): Half {
  return {
    images: { name: images.header.name, count, rows, columns },
    labels: { name: labels.header.name, count: labels.labelCount },
  };
}

function refuseMixture(path: string, parts: readonly SetPart[]): void {
  const [first, ...others] = parts.map(({ labels }) => labels);
  const other = others.find(({ hasWords }) => hasWords !== first!.hasWords);
  if (other === undefined) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `The labels in ${path} do not fit together`,
    why: `those of ${first!.header.name} are ${first!.header.type.name}, of ${other.header.name} ${other.header.type.name}`,
    mend: 'Write all of them as numbers, or all as texts',
  });
}

async function scaleFor(images: readonly NpyArray[], pixelMax: number | null): Promise<PixelScale> {
  const stored = images.map(({ numbers }) => numbers);
  if (!stored.some((one) => needsLook(one, pixelMax))) return plainScale;
  const ranges: PixelRange[] = [];
  for (const one of stored) ranges.push(await rangeOf(one));
  return scaleOf(ranges, pixelMax);
}

/** Its file is opened when the first image is read. */
function partOf(
  { images, labels: from }: SetPart,
  layout: ImageLayout,
  scale: PixelScale,
  labels: Uint8Array,
  streams: ByteStream[],
): SourcePart {
  const { name, shape, fortran } = images.header;
  const { array, open } = images.numbers;
  let read: ((target: Uint8Array) => Promise<void>) | null = null;
  const begin = async () => {
    const stream = await open();
    streams.push(stream);
    return laidPixels({ array, shape, fortran, layout }, stream, scale);
  };
  return {
    name,
    labelsName: from.header.name,
    count: layout.count,
    labels,
    read: async (target) => {
      read ??= await begin();
      await read(target);
    },
  };
}
