// The end of a Parquet file: which columns there are, and where the pages of each lie. Knows nothing of what is in them.

import { damaged, type Fields, ParquetError, ThriftReader } from './thrift.ts';

export const FOOTER_TAIL = 8;
/** Of rows of a data set whose images, of 8 x 8 pixels, fit into memory; and of what stands in a footer. */
const MOST_ROWS = 2 ** 26;
const MOST_FOOTER = 64 * 2 ** 20;

const physical = ['a boolean', 'int32', 'int64', 'int96', 'float', 'double', 'bytes', 'fixed bytes'] as const;
type Physical = (typeof physical)[number];
const codecs = ['plain', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4', 'zstd', 'lz4 raw'] as const;
type Codec = (typeof codecs)[number];

/** A column as it lies in the rows: no lists, no groups. */
export interface Column {
  /** "image.bytes" */
  readonly name: string;
  readonly type: Physical;
  /** So many of its groups, or itself, may be missing. */
  readonly levels: number;
  /** There may be several of them in a row. */
  readonly repeated: boolean;
}

/** The pages of a column in one group of rows. */
export interface Chunk {
  readonly codec: Codec;
  readonly start: number;
  readonly bytes: number;
  readonly values: number;
}

export interface Footer {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** In each of them a chunk for each column. */
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly Chunk[] }[];
  /** What programs note for themselves. */
  readonly notes: ReadonlyMap<string, string>;
}

/** Bytes of the footer, by the last eight of a file. @throws ParquetError */
export function footerBytes(tail: Uint8Array, fileBytes: number): number {
  const magic = String.fromCharCode(...tail.subarray(4));
  if (magic === 'PARE') throw new ParquetError('it is encrypted');
  if (magic !== 'PAR1') throw new ParquetError('it is cut off: it does not end as a Parquet file does');
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length > fileBytes - FOOTER_TAIL - 4 || length > MOST_FOOTER) throw damaged();
  return length;
}

/** @throws ParquetError */
export function readFooter(bytes: Uint8Array, fileBytes: number): Footer {
  const fields = new ThriftReader(bytes).struct();
  const columns = columnsOf(fields.list(2));
  const groups = fields.list(4).map((group) => {
    const chunks = group.list(1).map((chunk) => chunkOf(chunk, fileBytes));
    const rows = group.count(3);
    if (chunks.length !== columns.length) throw damaged();
    if (chunks.some((chunk, i) => !columns[i]!.repeated && chunk.values !== rows)) throw damaged();
    return { rows, chunks };
  });
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== fields.count(3) || rows > MOST_ROWS) throw damaged();
  const notes = new Map(fields.list(5).map((note) => [note.text(1), note.has(2) ? note.text(2) : '']));
  return { rows, columns, groups, notes };
}

/** Groups stand before what they hold, with the number of these. */
function columnsOf(elements: readonly Fields[]): Column[] {
  const columns: Column[] = [];
  let next = 1;
  const walk = (count: number, path: readonly string[], levels: number, repeated: boolean): void => {
    if (path.length > 8) throw damaged();
    for (let i = 0; i < count; i++) {
      const element = elements[next++];
      if (element === undefined) throw damaged();
      const repetition = element.count(3);
      const here = [...path, element.text(4)];
      const [deep, many] = [levels + (repetition === 0 ? 0 : 1), repeated || repetition === 2];
      const inside = element.has(5) ? element.count(5) : 0;
      if (inside > 0) walk(inside, here, deep, many);
      else {
        const type = physical[element.count(1)];
        if (type === undefined) throw damaged();
        columns.push({ name: here.join('.'), type, levels: deep, repeated: many });
      }
    }
  };
  const [root] = elements;
  if (root === undefined) throw damaged();
  walk(root.count(5), [], 0, false);
  return columns;
}

function chunkOf(chunk: Fields, fileBytes: number): Chunk {
  if (chunk.has(1)) throw new ParquetError('its columns lie in other files');
  if (!chunk.has(3)) throw new ParquetError('it is encrypted');
  const about = chunk.fields(3);
  const codec = codecs[about.count(4)];
  const [first, bytes] = [about.count(9), about.count(7)];
  // a dictionary of nothing is noted by some at 0
  const dictionary = about.has(11) ? about.count(11) : 0;
  const start = dictionary > 0 && dictionary < first ? dictionary : first;
  if (codec === undefined || start + bytes > fileBytes) throw damaged();
  return { codec, start, bytes, values: about.count(5) };
}
