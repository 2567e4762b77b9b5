// Which columns of a Parquet file hold the pictures and which their labels, as the Hugging Face hub serves data sets: an image is a
// group of bytes and a path, a label a whole number whose names stand in the notes of the program `datasets`.

import type { Column, Footer } from './footer.ts';
import { ParquetError } from './thrift.ts';

export interface PictureColumns {
  /** Their places among the columns. */
  readonly image: number;
  readonly label: number;
  /** Names of the labels, from 0 on; null: none are noted. */
  readonly classNames: readonly string[] | null;
}

interface Feature {
  readonly _type?: unknown;
  readonly names?: unknown;
}

const imageNames = ['image', 'img', 'picture'];
const labelNames = ['label', 'labels', 'target', 'class'];

/** `label`: the column that was asked for. @throws ParquetError */
export function pictureColumns({ columns, notes }: Footer, label: string | null): PictureColumns {
  const features = featuresIn(notes.get('huggingface'));
  const typed = (type: string) => [...features].filter(([, feature]) => feature._type === type).map(([name]) => name);
  const image = theOne('of pictures', imagesIn(columns, [...typed('Image'), ...imageNames]), columns, null);
  const asked = label === null ? null : [label];
  const labels = labelsIn(columns, asked ?? (typed('ClassLabel').length > 0 ? typed('ClassLabel') : labelNames));
  const found = theOne('of labels', labels, columns, asked === null ? '--label tells which it is' : null);
  const names = features.get(columns[found]!.name)?.names;
  const classNames = Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null;
  return { image, label: found, classNames };
}

/** By name: what comes first counts. */
function imagesIn(columns: readonly Column[], names: readonly string[]): number[] {
  for (const name of names) {
    const at = columns.findIndex((column) => isBytes(column) && [`${name}.bytes`, name].includes(column.name));
    if (at !== -1) return [at];
  }
  return columns.flatMap((column, at) => (isBytes(column) && column.name.endsWith('.bytes') ? [at] : []));
}

function isBytes({ type, repeated }: Column): boolean {
  return type === 'bytes' && !repeated;
}

function labelsIn(columns: readonly Column[], names: readonly string[]): number[] {
  return columns.flatMap(({ name, repeated }, at) => (names.includes(name) && !repeated ? [at] : []));
}

function theOne(what: string, found: readonly number[], columns: readonly Column[], hint: string | null): number {
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  const names = (found.length === 0 ? columns.map(({ name }) => name) : found.map((at) => columns[at]!.name)).join(
    ', ',
  );
  const said =
    found.length === 0
      ? `it has no column ${what}: its columns are ${names}`
      : `it has several columns ${what}: ${names}`;
  throw new ParquetError(hint === null ? said : `${said} (${hint})`);
}

/** What `datasets` noted of the columns; nothing where it is not what it writes. */
function featuresIn(note: string | undefined): ReadonlyMap<string, Feature> {
  try {
    const { info } = JSON.parse(note ?? '') as { info?: { features?: Record<string, Feature | null> } };
    return new Map(
      Object.entries(info?.features ?? {}).flatMap(([name, feature]) => (feature === null ? [] : [[name, feature]])),
    );
  } catch {
    return new Map();
  }
}
