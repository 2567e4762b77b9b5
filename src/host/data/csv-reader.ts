// The reader of CSV and TSV files, as Kaggle's MNIST and scikit-learn's digits come: one file, or a folder of files whose names say
// which split they are. Knows nothing of what is between separators.

import { basename, dirname, join } from 'node:path';
import { type ArraySplit, splitOfName } from '../../data/array-roles.ts';
import { checkHeaders, halfOf } from '../../data/assemble.ts';
import { separatorOf } from '../../data/csv-columns.ts';
import { CsvScanner } from '../../data/csv-scanner.ts';
import { isGzip, SNIFFED_BYTES } from '../../data/file-kind.ts';
import { sideOf } from '../../data/image-layout.ts';
import { type PixelScale, scale, scaleOf } from '../../data/pixel-scale.ts';
import type { DataSource, Reading, SourcePart } from '../../data/source.ts';
import { LockstepError } from '../../errors.ts';
import { type ByteStream, gunzipped, PIECE_BYTES, plainBytes, preceded, take } from './byte-stream.ts';
import { type CsvTable, malformed, PixelRows, readCsv } from './csv-table.ts';
import { openDataFile, refuseStandIn, unreadable } from './data-file.ts';
import type { FoundPath, OpenDeps, Reader } from './reader.ts';

const isCsv = (name: string) => /\.(csv|tsv)(\.gz)?$/i.test(name);

export const csvReader: Reader = {
  what: 'a CSV or TSV file, or a folder of them (train.csv, test.csv)',
  matches: ({ path, kind, names }: FoundPath) => {
    if (kind === 'file') return isCsv(path);
    if (kind === 'folder') return names.some(isCsv);
    return kind === 'nothing' && names.some((name) => name.startsWith(basename(path)) && isCsv(name));
  },
  open: openCsv,
};

async function openCsv({ path, kind, names }: FoundPath, { reading, tell }: OpenDeps): Promise<DataSource> {
  const files = filesOf(path, kind, names);
  const streams: ByteStream[] = [];
  const close = async () => {
    await Promise.all(streams.map((stream) => stream.close()));
  };
  try {
    return { ...(await sourceOf(files, reading, tell, streams)), form: 'CSV files', remarks: [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Files = Partial<Record<ArraySplit, string>> & { readonly train: string };

function filesOf(path: string, kind: FoundPath['kind'], names: readonly string[]): Files {
  if (kind === 'file') return { train: path };
  const [folder, start] = kind === 'folder' ? [path, ''] : [dirname(path), basename(path)];
  const found: Partial<Record<ArraySplit, string>> = {};
  const some = names.filter((name) => isCsv(name) && name.startsWith(start));
  for (const name of some) {
    const split = some.length === 1 ? 'train' : splitOfName(name);
    if (split === null) continue;
    if (found[split] !== undefined) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_DATA_MISMATCH',
        what: `There is more than one file that may be the ${split} set in ${folder}`,
        why: `${basename(found[split])} and ${name}`,
        mend: 'Name the data set by what the names of its files begin with, or the one file: --data FILE.csv',
      });
    }
    found[split] = join(folder, name);
  }
  if (found.train !== undefined) return { ...found, train: found.train };
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISSING',
    what: `There is no training set in ${path}`,
    why: `no file is named as such; there are ${some.join(', ')}`,
    mend: 'Name it train.csv (and test.csv), or name the one file: --data FILE.csv',
  });
}

async function sourceOf(
  files: Files,
  reading: Reading,
  tell: (message: string) => void,
  streams: ByteStream[],
): Promise<Pick<DataSource, 'rows' | 'columns' | 'classNames' | 'train' | 'validation' | 'test'>> {
  const train = await tableOf(files.train, reading.label, null);
  const others: { validation: CsvTable | null; test: CsvTable | null } = { validation: null, test: null };
  for (const split of ['validation', 'test'] as const) {
    const file = files[split];
    if (file === undefined) continue;
    const table = await tableOf(file, reading.label, train);
    if (table.labelColumn === -1) tell(`${file} has no labels (Kaggle keeps those of its test sets), and is not used`);
    else others[split] = table;
  }
  const size = sideOf(train.name, train.pixels, reading.imageSize);
  const tables = [train, others.validation, others.test].filter((table) => table !== null);
  const [first, ...rest] = tables.map((table) => halfOf(table, size));
  checkHeaders(first!, ...rest);
  const pixels = scaleOf(
    tables.flatMap(({ ranges }) => ranges),
    reading.pixelMax,
  );
  const { classNames, labelOf } = train.words.classes(train.labels);
  const partOf = (table: CsvTable): SourcePart => ({
    name: table.name,
    count: table.count,
    labels: table.labels.map((word) => labelOf[word]!),
    read: pixelsOf(table, pixels, streams),
  });
  const { validation, test } = others;
  return {
    ...size,
    classNames,
    train: partOf(train),
    validation: validation && partOf(validation),
    test: test && partOf(test),
  };
}

async function tableOf(file: string, label: string | null, like: CsvTable | null): Promise<CsvTable> {
  const { stream, separator } = await openText(file);
  try {
    return await readCsv(file, stream, separator, label, like);
  } finally {
    await stream.close();
  }
}

/** Second reading: a piece of the file at a time, whose images wait until they are asked for. */
function pixelsOf(table: CsvTable, pixels: PixelScale, streams: ByteStream[]): SourcePart['read'] {
  let waiting = new Uint8Array(0);
  let end = 0;
  let rows = 0;
  const keep = (numbers: Float64Array) => {
    if (++rows > table.count) throw changed(table);
    if (end + numbers.length > waiting.length) {
      const larger = new Uint8Array(2 * (end + numbers.length));
      larger.set(waiting.subarray(0, end));
      waiting = larger;
    }
    scale(numbers, pixels, waiting.subarray(end));
    end += numbers.length;
  };
  let source: { readonly stream: ByteStream; readonly scanner: CsvScanner } | null = null;
  return async (target) => {
    if (source === null) {
      const { stream, separator } = await openText(table.name);
      streams.push(stream);
      source = { stream, scanner: new CsvScanner(separator, new PixelRows(table, keep)) };
    }
    const { stream, scanner } = source;
    let filled = 0;
    let at = 0;
    while (filled < target.length) {
      if (at === end) {
        at = end = 0;
        const piece = await take(stream, PIECE_BYTES);
        if (piece.length > 0) scanner.add(piece);
        else if (rows < table.count) scanner.end();
        if (piece.length === 0 && end === 0) throw changed(table);
        continue;
      }
      const now = waiting.subarray(at, Math.min(end, at + target.length - filled));
      target.set(now, filled);
      filled += now.length;
      at += now.length;
    }
    waiting.copyWithin(0, at, end);
    end -= at;
  };
}

function changed({ name }: CsvTable): LockstepError {
  return malformed(name, 'it has changed while it was read');
}

/** From its first character, and what separates its fields. */
async function openText(file: string): Promise<{ readonly stream: ByteStream; readonly separator: number }> {
  const plain = plainBytes(await openDataFile(file));
  try {
    const start = await take(plain, SNIFFED_BYTES);
    refuseStandIn(file, start);
    const bytes = isGzip(start) ? gunzipped(preceded(start, plain)) : preceded(start, plain);
    const told = {
      fill: async (target: Uint8Array) =>
        await bytes.fill(target).catch((cause) => {
          throw unreadable(file, cause);
        }),
      close: () => bytes.close(),
    };
    const head = await take(told, PIECE_BYTES);
    if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
      throw malformed(file, 'it is written in UTF-16, and UTF-8 is read');
    }
    const mark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
    return { stream: preceded(head.subarray(mark), told), separator: separatorOf(head.subarray(mark)) };
  } catch (error) {
    await plain.close();
    throw error;
  }
}
