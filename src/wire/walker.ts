// Walks an encoded header before msgpackr sees a byte of it, and refuses all that the protocol has no use for. msgpackr
// cannot be told to refuse extensions, through which a sender defines records (and so reaches `new Function`), cycles,
// dates and typed arrays. Builds no values of its own.

import { HEADER_DEPTH } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

interface Walk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Offset of the next byte; never beyond `bytes.length`. */
  at: number;
}

/** Accepts exactly one map of nil, booleans, numbers, UTF-8 strings, arrays and maps with distinct string keys. */
export function walkHeader(bytes: Uint8Array): void {
  const walk: Walk = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const first = bytes[0];
  if (first === undefined || !(first >> 4 === 0x8 || first === 0xde || first === 0xdf)) refuse('is not a map');
  walkValue(walk, 1);
  if (walk.at !== bytes.length) refuse(`has ${bytes.length - walk.at} bytes after its end`);
}

// What a tag is followed by. The rest is refused: 0xc1 has no meaning; 0xc4 to 0xc6 are binary, which travels as payload;
// 0xc7 to 0xc9 and 0xd4 to 0xd8 are extensions; 0xcf and 0xd3 are 64-bit integers, which would become BigInt.
const scalarBytes = new Map([
  ...[0xc0, 0xc2, 0xc3].map((tag) => [tag, 0] as const),
  ...[0xcc, 0xd0].map((tag) => [tag, 1] as const),
  ...[0xcd, 0xd1].map((tag) => [tag, 2] as const),
  ...[0xca, 0xce, 0xd2].map((tag) => [tag, 4] as const),
  [0xcb, 8],
]);
const textLengthBytes = new Map([0xd9, 0xda, 0xdb].map((tag, i) => [tag, 2 ** i] as const));
const arrayLengthBytes = new Map([0xdc, 0xdd].map((tag, i) => [tag, 2 ** (i + 1)] as const));
const mapLengthBytes = new Map([0xde, 0xdf].map((tag, i) => [tag, 2 ** (i + 1)] as const));

function walkValue(walk: Walk, depth: number): void {
  const tag = readUnsigned(walk, 1);
  if (tag <= 0x7f || tag >= 0xe0) return;
  const lengthBytes = textLengthBytes.get(tag) ?? arrayLengthBytes.get(tag) ?? mapLengthBytes.get(tag);
  if (scalarBytes.has(tag)) take(walk, scalarBytes.get(tag)!);
  else if (tag <= 0x8f) walkMap(walk, tag & 0x0f, depth);
  else if (tag <= 0x9f) walkArray(walk, tag & 0x0f, depth);
  else if (tag <= 0xbf) walkText(walk, tag & 0x1f);
  else if (lengthBytes === undefined) refuse(`holds the type 0x${tag.toString(16)}`);
  else if (textLengthBytes.has(tag)) walkText(walk, readUnsigned(walk, lengthBytes));
  else if (arrayLengthBytes.has(tag)) walkArray(walk, readUnsigned(walk, lengthBytes), depth);
  else walkMap(walk, readUnsigned(walk, lengthBytes), depth);
}

function walkMap(walk: Walk, count: number, depth: number): void {
  enter(walk, 2 * count, depth);
  const keys = new Set<string>();
  for (let i = 0; i < count; i++) {
    const key = walkKey(walk);
    if (key === '__proto__') refuse('has a key __proto__');
    if (keys.has(key)) refuse('repeats a key');
    keys.add(key);
    walkValue(walk, depth + 1);
  }
}

function walkArray(walk: Walk, count: number, depth: number): void {
  enter(walk, count, depth);
  for (let i = 0; i < count; i++) walkValue(walk, depth + 1);
}

/** A container of `count` values has a byte or more for each; so nothing is made for a count that is a lie. */
function enter(walk: Walk, count: number, depth: number): void {
  if (depth > HEADER_DEPTH) refuse(`is nested deeper than ${HEADER_DEPTH}`);
  if (count > walk.bytes.length - walk.at) refuse('has a length beyond its end');
}

function walkKey(walk: Walk): string {
  const tag = readUnsigned(walk, 1);
  if (tag >= 0xa0 && tag <= 0xbf) return walkText(walk, tag & 0x1f);
  const lengthBytes = textLengthBytes.get(tag) ?? refuse('has a key that is not a string');
  return walkText(walk, readUnsigned(walk, lengthBytes));
}

// Fatal, and blind to the byte order mark: two keys are equal here whenever they are equal to msgpackr.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function walkText(walk: Walk, length: number): string {
  const start = take(walk, length);
  try {
    return utf8.decode(walk.bytes.subarray(start, walk.at));
  } catch {
    return refuse('holds a string that is not UTF-8');
  }
}

/** A big-endian unsigned integer of one, two or four bytes. */
function readUnsigned(walk: Walk, size: number): number {
  const at = take(walk, size);
  if (size === 1) return walk.view.getUint8(at);
  return size === 2 ? walk.view.getUint16(at) : walk.view.getUint32(at);
}

/** Moves over `length` bytes and returns where they begin. */
function take(walk: Walk, length: number): number {
  const start = walk.at;
  if (length > walk.bytes.length - start) refuse('has a length beyond its end');
  walk.at = start + length;
  return start;
}

function refuse(what: string): never {
  throw new ProtocolError('malformed', `the header ${what}`);
}
