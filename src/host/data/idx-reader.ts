// The reader of IDX files: the four of a data set, in a folder, below it, or with a prefix before their names. Their headers come
// first: what does not fit together, or is too large, is refused before anything else is read. Knows nothing of the format.

import { basename } from 'node:path';
import { checkHeaders, type Half } from '../../data/assemble.ts';
import { type DataRole, dataRoles, idxRoleOf, prefixOf, roleOf, roleWithin } from '../../data/file-names.ts';
import { type PixelRange, type PixelScale, plainScale, scaleOf } from '../../data/pixel-scale.ts';
import type { DataSource, SourcePart } from '../../data/source.ts';
import { ArrayPixels, labelsOf, needsLook, rangeOf } from './array-part.ts';
import { findDataFiles, findNamedFiles } from './find-data-files.ts';
import { IdxFile } from './idx-file.ts';
import type { FoundPath, OpenDeps, Reader } from './reader.ts';

export const idxReader: Reader = {
  what: 'the four IDX files of MNIST and its like',
  matches: ({ path, kind, names }: FoundPath) => {
    if (kind === 'folder') return names.some((name) => roleOf(name) !== null || prefixOf(name) !== null);
    return kind === 'nothing' && names.some((name) => roleWithin(name, basename(path)) !== null);
  },
  open: openIdx,
};

async function openIdx({ path, kind, names }: FoundPath, { reading, instead, tell }: OpenDeps): Promise<DataSource> {
  const isNamed = kind === 'nothing' && names.some((name) => roleWithin(name, basename(path)) !== null);
  const paths = isNamed ? await findNamedFiles(path, instead) : await findDataFiles(path, instead, tell);
  const files = {} as Record<DataRole, IdxFile>;
  const close = async () => {
    await Promise.all(Object.values(files).map((file) => file.close()));
  };
  try {
    for (const role of dataRoles) files[role] = await IdxFile.open(paths[role], idxRoleOf(role));
    const { trainImages, trainLabels, testImages, testLabels } = files;
    checkHeaders(halfOf(trainImages, trainLabels), halfOf(testImages, testLabels));
    const pixels = await scaleFor([trainImages, testImages], reading.pixelMax);
    const { rows, columns } = trainImages.header;
    const train = await partOf(trainImages, trainLabels, pixels);
    const test = await partOf(testImages, testLabels, pixels);
    return { form: 'IDX files', rows, columns, classNames: null, train, validation: null, test, remarks: [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

function halfOf({ header: images }: IdxFile, { header: labels }: IdxFile): Half {
  return { images, labels };
}

async function scaleFor(files: readonly IdxFile[], pixelMax: number | null): Promise<PixelScale> {
  const stored = files.map(({ array, header }) => ({
    array,
    open: async () => (await IdxFile.open(header.name, header.role)).bytes,
  }));
  if (!stored.some((one) => needsLook(one, pixelMax))) return plainScale;
  const ranges: PixelRange[] = [];
  for (const one of stored) ranges.push(await rangeOf(one));
  return scaleOf(ranges, pixelMax);
}

async function partOf(images: IdxFile, labels: IdxFile, pixels: PixelScale): Promise<SourcePart> {
  const { name, count } = images.header;
  const bytes = new ArrayPixels(images.array, images.bytes, pixels);
  return {
    name,
    labelsName: labels.header.name,
    count,
    labels: await labelsOf(labels.array, labels.bytes, labels.header.stride),
    read: (target) => bytes.read(target),
  };
}
