// The header of NumPy's .npy format, versions 1 to 3: a magic number, and a Python dictionary that names type, order and shape
// of the elements that follow. Nothing of it is believed before it is checked. Pure; knows nothing of files.

import { LockstepError } from '../errors.ts';
import type { ElementType } from './elements.ts';
import { type PythonValue, pythonLiteral } from './python-literal.ts';

/** Texts of a fixed length, as numpy has them: code points of four bytes each (U), or bytes (S). */
export interface TextType {
  readonly name: string;
  readonly kind: 'unicode' | 'bytes';
  readonly bytes: number;
  readonly littleEndian: boolean;
}

export interface NpyHeader {
  /** For error messages. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType | TextType;
  /** Whether the first index changes fastest. */
  readonly fortran: boolean;
  readonly elements: number;
  readonly headerBytes: number;
  readonly dataBytes: number;
}

/** Headers are 128 bytes as numpy writes them; one of a type of many fields may be longer, and is refused anyway. */
export const MOST_HEADER = 65_536;
const MOST_DIMENSIONS = 32;
const fetchAgain = 'Fetch the file again from where it came from; this copy is damaged';

/** `head`: the first MOST_HEADER bytes, or all there are. @throws LockstepError */
export function readNpyHeader(head: Uint8Array, name: string): NpyHeader {
  const magic = String.fromCharCode(...head.subarray(0, 6));
  if (magic !== '\x93NUMPY') throw malformed(name, 'it does not begin as a .npy file does', fetchAgain);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const version = head[6] ?? 0;
  if (version < 1 || version > 3) throw malformed(name, `its format has version ${version}, and 1 to 3 are known`);
  const start = version === 1 ? 10 : 12;
  if (head.length < start) throw malformed(name, 'it ends in its header', fetchAgain);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > MOST_HEADER)
    throw malformed(name, `its header has ${length} bytes: no array of numbers has so many`);
  if (head.length < start + length) throw malformed(name, 'it ends in its header', fetchAgain);
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(head.subarray(start, start + length));
  const values = pythonLiteral(text);
  if (!(values instanceof Map)) throw malformed(name, 'its header is no Python dictionary', fetchAgain);
  const [descr, fortran, shape] = ['descr', 'fortran_order', 'shape'].map((key) => values.get(key));
  if (typeof fortran !== 'boolean' || !isShape(shape)) {
    throw malformed(name, 'its header does not say order and shape of the array', fetchAgain);
  }
  const type = typeOf(descr, name);
  const elements = shape.reduce((product, size) => product * size, 1);
  return { name, shape, type, fortran, elements, headerBytes: start + length, dataBytes: elements * type.bytes };
}

/** @throws where a file of so many bytes is not what the header says; Infinity: of more than that, nobody counted */
export function checkNpyLength({ name, shape, type, headerBytes, dataBytes }: NpyHeader, found: number): void {
  const expected = headerBytes + dataBytes;
  if (found === expected) return;
  const has = found === Number.POSITIVE_INFINITY ? 'more comes' : `there are ${found}`;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: found < expected ? `${name} is truncated` : `${name} has trailing bytes`,
    why: `its header says ${shapeText(shape)} of ${type.name}, which take ${expected} bytes, but ${has}`,
    mend: fetchAgain,
  });
}

export function isText(type: ElementType | TextType): type is TextType {
  return type.kind === 'unicode' || type.kind === 'bytes';
}

export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'a single value' : shape.join(' x ');
}

function isShape(value: PythonValue | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST_DIMENSIONS &&
    value.every((size) => typeof size === 'number' && Number.isInteger(size) && size >= 0)
  );
}

const kinds = { b: 'bool', u: 'uint', i: 'int', f: 'float' } as const;
const widths: Readonly<Record<keyof typeof kinds, readonly number[]>> = {
  b: [1],
  u: [1, 2, 4, 8],
  i: [1, 2, 4, 8],
  f: [2, 4, 8],
};
const refusedKinds: Readonly<Record<string, string>> = {
  O: 'Python objects, which are pickled: reading them could run any code',
  c: 'complex numbers',
  M: 'dates',
  m: 'lengths of time',
  V: 'raw bytes, or records of several fields',
};

function typeOf(descr: PythonValue | undefined, name: string): ElementType | TextType {
  const wanted = 'Write the array as numbers, e.g. numpy.save(file, array.astype("uint8"))';
  if (typeof descr !== 'string') throw malformed(name, 'its elements are records of several fields', wanted);
  const [, order, kind, digits] = /^([<>|=]?)([a-zA-Z])(\d*)/.exec(descr) ?? [];
  const bytes = Number(digits);
  const littleEndian = order !== '>';
  if ((kind === 'U' || kind === 'S') && bytes > 0 && bytes < MOST_HEADER) {
    const width = kind === 'U' ? 4 * bytes : bytes;
    return { name: `texts (${descr})`, kind: kind === 'U' ? 'unicode' : 'bytes', bytes: width, littleEndian };
  }
  if (kind !== undefined && kind in kinds && widths[kind as keyof typeof kinds].includes(bytes)) {
    const named = kinds[kind as keyof typeof kinds];
    return { name: named === 'bool' ? 'bool' : `${named}${8 * bytes}`, kind: named, bytes: bytes as 1, littleEndian };
  }
  throw malformed(name, `its elements are ${refusedKinds[kind ?? ''] ?? `of the type ${descr.slice(0, 20)}`}`, wanted);
}

function malformed(name: string, why: string, mend = 'Write it with numpy.save or numpy.savez'): LockstepError {
  return new LockstepError({ code: 'ERR_LOCKSTEP_DATA_MALFORMED', what: `${name} cannot be read`, why, mend });
}
