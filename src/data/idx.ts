// The IDX format of the MNIST files: bytes -> images or labels. Knows nothing of files, and not how the two belong together.
//
// A big-endian header: 0, 0, the element type (8 = unsigned byte), the number of dimensions; then one uint32 a dimension;
// then the elements.

import { LockstepError } from '../errors.ts';

export interface IdxImages {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** A view of the bytes that were given, not a copy. */
  readonly images: Uint8Array;
}

const imagesMagic = 0x00000803;
const labelsMagic = 0x00000801;
const download = 'Fetch the file again from where it came from';

/** `name` is for error messages only. */
export function parseIdxImages(bytes: Uint8Array, name: string): IdxImages {
  const { dimensions, body } = parse(bytes, name, imagesMagic, ['images', 'rows', 'columns']);
  return { count: dimensions[0]!, rows: dimensions[1]!, columns: dimensions[2]!, images: body };
}

/** The labels, as a view of the bytes that were given. `name` is for error messages only. */
export function parseIdxLabels(bytes: Uint8Array, name: string): Uint8Array {
  return parse(bytes, name, labelsMagic, ['labels']).body;
}

function parse(
  bytes: Uint8Array,
  name: string,
  magic: number,
  dimensionNames: readonly string[],
): { dimensions: number[]; body: Uint8Array } {
  const headerBytes = 4 + 4 * dimensionNames.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  // The magic number first: a file of another kind should be called that, however short it is.
  if (bytes.length >= 4 && view.getUint32(0) !== magic) throw wrongMagic(name, view.getUint32(0), magic);
  if (bytes.length < headerBytes) throw wrongLength(name, headerBytes, bytes.length, 'its header alone takes');

  const dimensions = dimensionNames.map((_, index) => view.getUint32(4 + 4 * index));
  const text = dimensions.map((size, index) => `${size} ${dimensionNames[index]}`).join(', ');
  if (dimensions.includes(0)) {
    throw new LockstepError({
      what: `${name} is empty`,
      why: `its header says ${text}`,
      mend: `${download}, or choose another folder with --data DIR`,
    });
  }
  // Exact for every length that a file can have: a product beyond 2^53 is only ever compared.
  const expected = headerBytes + dimensions.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) throw wrongLength(name, expected, bytes.length, `its header says ${text}, which take`);
  return { dimensions, body: bytes.subarray(headerBytes) };
}

function wrongMagic(name: string, found: number, expected: number): LockstepError {
  const kinds = new Map([
    [imagesMagic, ', which is a file of images'],
    [labelsMagic, ', which is a file of labels'],
  ]);
  return new LockstepError({
    what: `${name} is not the IDX file that its name promises`,
    why: `it has the wrong magic number ${hex(found)}${kinds.get(found) ?? ''}; expected was ${hex(expected)}`,
    mend: `${download}, and check that images and labels are not exchanged`,
  });
}

function wrongLength(name: string, expected: number, found: number, because: string): LockstepError {
  return new LockstepError({
    what: found < expected ? `${name} is truncated` : `${name} has trailing bytes`,
    why: `${because} ${expected} bytes, but the file has ${found}`,
    mend: `${download}; this copy is damaged`,
  });
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}
