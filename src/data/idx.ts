// The header of the IDX format of the MNIST files. Knows nothing of files, and not how images and labels belong together.
//
// It is big-endian: 0, 0, the element type, the number of dimensions; then one uint32 a dimension; then the elements follow.
// What it says bounds everything that is read after it.

import { LockstepError } from '../errors.ts';
import { byteType, type ElementType } from './elements.ts';

export type IdxRole = 'images' | 'labels';

export interface IdxHeader {
  readonly role: IdxRole;
  /** Of the file, for error messages. */
  readonly name: string;
  readonly count: number;
  /** Of an image; 1 of a label. */
  readonly rows: number;
  readonly columns: number;
  readonly headerBytes: number;
  /** Bytes after the header, elements of whatever type. */
  readonly bodyBytes: number;
  readonly element: ElementType;
  readonly elements: number;
  /** Of so many elements in a row the first counts. */
  readonly stride: number;
  /** "60000 images, 28 rows, 28 columns" */
  readonly text: string;
}

const types: ReadonlyMap<number, ElementType> = new Map([
  [0x08, byteType],
  [0x09, { name: 'signed byte', kind: 'int', bytes: 1, littleEndian: false }],
  [0x0b, { name: 'int16', kind: 'int', bytes: 2, littleEndian: false }],
  [0x0c, { name: 'int32', kind: 'int', bytes: 4, littleEndian: false }],
  [0x0d, { name: 'float32', kind: 'float', bytes: 4, littleEndian: false }],
  [0x0e, { name: 'float64', kind: 'float', bytes: 8, littleEndian: false }],
]);

const dimensionNames = {
  images: ['images', 'rows', 'columns'],
  labels: ['labels'],
} as const;
/** QMNIST's labels: class, writers' series and number, and so on. */
const QMNIST_COLUMNS = 8;
const fetchAgain = 'Fetch the file again from where it came from';

/** `head`: the first 20 bytes of the file (the header of four dimensions), or all there are. `name` is for error messages only. */
export function readIdxHeader(head: Uint8Array, name: string, role: IdxRole): IdxHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 4) throw tooShort(name, 4 + 4 * (role === 'images' ? 3 : 1), head.length);
  const magic = view.getUint32(0);
  const element = types.get((magic >>> 8) & 0xff);
  const count = magic & 0xff;
  if (magic >>> 16 !== 0 || element === undefined || count === 0) throw noIdx(name, magic);
  if (count > 4) throw wrongDimensions(name, role, `${count} dimensions`);
  const headerBytes = 4 + 4 * count;
  if (head.length < headerBytes) throw tooShort(name, headerBytes, head.length);

  const sizes = Array.from({ length: count }, (_, i) => view.getUint32(4 + 4 * i));
  const shape = role === 'images' ? imageShape(name, sizes) : labelShape(name, sizes, element);
  const text = textOf(sizes, role);
  if (sizes.includes(0)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MALFORMED',
      what: `${name} is empty`,
      why: `its header says ${text}`,
      mend: `${fetchAgain}, or choose another folder with --data DIR`,
    });
  }
  // exact for every length that a file can have: a product beyond 2^53 is only ever compared
  const elements = sizes.reduce((product, size) => product * size, 1);
  const bodyBytes = elements * element.bytes;
  return { role, name, count: sizes[0]!, ...shape, headerBytes, bodyBytes, element, elements, text };
}

/** @throws where a file of so many bytes is not what the header says; Infinity: of more than that, nobody counted */
export function checkIdxLength({ name, headerBytes, bodyBytes, text, element }: IdxHeader, found: number): void {
  const expected = headerBytes + bodyBytes;
  if (found === expected) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: found < expected ? `${name} is truncated` : `${name} has trailing bytes`,
    why: `its header says ${text}${element === byteType ? '' : ` of type ${element.name}`}, which take ${expected} bytes, but ${found === Number.POSITIVE_INFINITY ? 'more comes' : `the file has ${found}`}`,
    mend: `${fetchAgain}; this copy is damaged`,
  });
}

function imageShape(name: string, sizes: readonly number[]): { rows: number; columns: number; stride: number } {
  const [count, rows, columns, channels] = sizes;
  if (sizes.length === 3) return { rows: rows!, columns: columns!, stride: 1 };
  if (channels === 1) return { rows: rows!, columns: columns!, stride: 1 };
  // with the channels first
  if (channels !== undefined && rows === 1) return { rows: columns!, columns: channels, stride: 1 };
  const found = `${sizes.length} dimension${sizes.length === 1 ? '' : 's'}, ${sizes.join(' x ')}`;
  if (sizes.length === 1) throw wrongDimensions(name, 'images', `${found}, as a file of labels`);
  if (sizes.length === 2) {
    throw wrongDimensions(
      name,
      'images',
      `${found}: ${count} rows of ${rows} numbers, which have no shape of an image`,
    );
  }
  throw wrongDimensions(name, 'images', `${found}: images of more than one channel, and only grey ones can be used`);
}

function labelShape(name: string, sizes: readonly number[], element: ElementType) {
  const [, columns = 1] = sizes;
  const one = { rows: 1, columns: 1 };
  if (sizes.length <= 2 && columns === 1) return { ...one, stride: 1 };
  if (sizes.length === 2 && columns === QMNIST_COLUMNS && element.bytes === 4) return { ...one, stride: columns };
  const found = `${sizes.length} dimensions, ${sizes.join(' x ')}`;
  if (sizes.length >= 3) throw wrongDimensions(name, 'labels', `${found}, as a file of images`);
  throw wrongDimensions(name, 'labels', `${found}: ${columns} numbers for each label, and one is needed`);
}

function textOf(sizes: readonly number[], role: IdxRole): string {
  const names = dimensionNames[role];
  return sizes.length === names.length ? sizes.map((size, i) => `${size} ${names[i]}`).join(', ') : sizes.join(' x ');
}

function noIdx(name: string, magic: number): LockstepError {
  // the same four bytes the other way round
  const reversed = (magic & 0xffff) === 0 && types.has((magic >>> 16) & 0xff) && magic >>> 24 <= 4;
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `${name} is not an IDX file`,
    why: reversed
      ? `its header is little-endian (${hex(magic)}), and that of an IDX file is big-endian`
      : `it begins with ${hex(magic)}; files of images begin with 0x00000803, of labels with 0x00000801`,
    mend: reversed ? 'Write its numbers in big-endian order' : fetchAgain,
  });
}

function wrongDimensions(name: string, role: IdxRole, found: string): LockstepError {
  const wanted = role === 'images' ? 'images have three: number, rows, columns' : 'labels have one';
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `${name} is not a file of ${role}`,
    why: `it has ${found}; ${wanted}`,
    mend: `Put a file of ${role} in its place, and check that images and labels are not exchanged`,
  });
}

function tooShort(name: string, needed: number, found: number): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: found === 0 ? `${name} has no content` : `${name} is truncated`,
    why: `its header alone takes ${needed} bytes, but the file has ${found}`,
    mend: `${fetchAgain}; this copy is damaged`,
  });
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}
