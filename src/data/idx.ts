// The IDX format of the MNIST files: header and elements -> images or labels as bytes. Knows nothing of files, and not how
// the two belong together.
//
// A big-endian header: 0, 0, the element type, the number of dimensions; then one uint32 a dimension; then the elements.
// What the header says bounds everything that is read after it. Elements of other types than bytes are taken where each of
// them is a whole number from 0 to 255, since then nothing is lost.

import { LockstepError } from '../errors.ts';

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
  /** Of so many elements in a row the first counts. */
  readonly stride: number;
  /** "60000 images, 28 rows, 28 columns" */
  readonly text: string;
}

export interface ElementType {
  readonly name: string;
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

const types: ReadonlyMap<number, ElementType> = new Map([
  [0x08, { name: 'unsigned byte', bytes: 1, read: (view, at) => view.getUint8(at) }],
  [0x09, { name: 'signed byte', bytes: 1, read: (view, at) => view.getInt8(at) }],
  [0x0b, { name: 'int16', bytes: 2, read: (view, at) => view.getInt16(at) }],
  [0x0c, { name: 'int32', bytes: 4, read: (view, at) => view.getInt32(at) }],
  [0x0d, { name: 'float32', bytes: 4, read: (view, at) => view.getFloat32(at) }],
  [0x0e, { name: 'float64', bytes: 8, read: (view, at) => view.getFloat64(at) }],
]);
const byte = types.get(0x08)!;

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
  const bodyBytes = sizes.reduce((product, size) => product * size, element.bytes);
  return { role, name, count: sizes[0]!, ...shape, headerBytes, bodyBytes, element, text };
}

/** @throws where a file of so many bytes is not what the header says; Infinity: of more than that, nobody counted */
export function checkIdxLength({ name, headerBytes, bodyBytes, text, element }: IdxHeader, found: number): void {
  const expected = headerBytes + bodyBytes;
  if (found === expected) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: found < expected ? `${name} is truncated` : `${name} has trailing bytes`,
    why: `its header says ${text}${element === byte ? '' : ` of type ${element.name}`}, which take ${expected} bytes, but ${found === Number.POSITIVE_INFINITY ? 'more comes' : `the file has ${found}`}`,
    mend: `${fetchAgain}; this copy is damaged`,
  });
}

/** So many bytes a file's elements take, as bytes. */
export function elementBytes({ bodyBytes, element, stride }: IdxHeader): number {
  return bodyBytes / element.bytes / stride;
}

/** Takes a file's elements piece by piece, as they are read. */
export class IdxBody {
  /** One byte an image's pixel or a label. */
  readonly bytes: Uint8Array;
  readonly #header: IdxHeader;
  /** Bytes that were taken. */
  #taken = 0;
  /** The start of an element whose end is in the next piece. */
  #rest: Uint8Array = new Uint8Array(0);
  #elements = 0;

  /** `target`: where the elements are to lie; it is as long as they are. */
  constructor(header: IdxHeader, target: Uint8Array = new Uint8Array(elementBytes(header))) {
    this.#header = header;
    this.bytes = target;
  }

  /** Where the bytes that come next may be read to at once; empty where they are converted, or no more are promised. */
  get room(): Uint8Array {
    const { element, stride } = this.#header;
    return this.bytes.subarray(element === byte && stride === 1 ? this.#taken : this.bytes.length);
  }

  /** So many bytes were read into `room`. */
  filled(bytes: number): void {
    this.#taken += bytes;
  }

  /** What follows the header; of more than it says only the length counts. */
  add(piece: Uint8Array): void {
    const { bodyBytes, element, stride } = this.#header;
    const room = Math.max(0, bodyBytes - this.#taken);
    const fitting = piece.length > room ? piece.subarray(0, room) : piece;
    if (element === byte && stride === 1) this.bytes.set(fitting, this.#taken);
    else this.#convert(fitting);
    this.#taken += piece.length;
    if (this.#taken > bodyBytes) checkIdxLength(this.#header, Number.POSITIVE_INFINITY);
  }

  /** All was added. */
  end(): Uint8Array {
    checkIdxLength(this.#header, this.#header.headerBytes + this.#taken);
    return this.bytes;
  }

  #convert(piece: Uint8Array): void {
    const { element, stride } = this.#header;
    const all = joined(this.#rest, piece);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const whole = Math.floor(all.length / element.bytes);
    for (let i = 0; i < whole; i++, this.#elements++) {
      if (this.#elements % stride !== 0) continue;
      const value = element.read(view, i * element.bytes);
      const at = this.#elements / stride;
      this.bytes[at] = value;
      if (this.bytes[at] !== value) throw notExact(this.#header, at, value);
    }
    this.#rest = all.slice(whole * element.bytes);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
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

function notExact({ name, role, rows, columns, element }: IdxHeader, at: number, value: number): LockstepError {
  const place = role === 'labels' ? `label ${at}` : `a pixel of image ${Math.floor(at / (rows * columns))}`;
  const hint = role === 'images' && value > 0 && value < 1 ? ' (values from 0 to 1 are to be multiplied by 255)' : '';
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `${name} holds numbers that cannot be used`,
    why: `${place} is ${value} (type ${element.name}), and only whole numbers from 0 to 255 can be used${hint}`,
    mend: `Write the ${role} as unsigned bytes (IDX type 0x08)`,
  });
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
