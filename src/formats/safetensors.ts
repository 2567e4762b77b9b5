// The safetensors format, float32 only: named tensors <-> bytes. Knows nothing of models and of files.
//
// A little-endian uint64 with the length of the header; the header, a JSON object {name: {dtype, shape, data_offsets}} padded
// with spaces; then the elements, little-endian, without holes. (https://github.com/huggingface/safetensors)

import { LockstepError } from '../errors.ts';
import { floatBytes } from '../model/float-bytes.ts';
import { shownValue } from '../text/shown-value.ts';

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

export interface TensorFile {
  /** In the order of their elements in the file. */
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

const lengthBytes = 8;
const elementBytes = 4;
const metadataName = '__metadata__';
/** The format's own limit. */
const maxHeaderBytes = 100_000_000;
/** Of a name in a message. */
const MOST_SHOWN = 60;

export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = metadata === undefined ? [] : [[metadataName, metadata]];
  const names = new Set<string>([metadataName]);
  let end = 0;
  for (const { name, shape, data } of tensors) {
    // Not a LockstepError: no user can cause it.
    if (names.has(name)) throw new RangeError(`The tensor name ${name} is taken`);
    if (sizeOf(shape) !== data.length)
      throw new RangeError(`${name} has ${data.length} elements, not ${shape.join('x')}`);
    names.add(name);
    const begin = end;
    end += data.length * elementBytes;
    entries.push([name, { dtype: 'F32', shape, data_offsets: [begin, end] }]);
  }

  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Padded so that the elements are aligned when the file is mapped into memory.
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(lengthBytes + headerBytes + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, lengthBytes);
  bytes.fill(0x20, lengthBytes + text.length, lengthBytes + headerBytes);

  let at = lengthBytes + headerBytes;
  for (const { data } of tensors) {
    bytes.set(floatBytes(data), at);
    at += data.length * elementBytes;
  }
  return bytes;
}

/** `name` is for error messages only. Every byte of the file is accounted for, or the file is refused. */
export function decodeSafetensors(bytes: Uint8Array, name: string): TensorFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = parseHeader(bytes, view, name);
  const bodyStart = lengthBytes + header.length;
  const { [metadataName]: metadata = {}, ...others } = header.entries;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw damaged(name, `its ${metadataName} is not a map of strings`);
  }

  const places = Object.entries(others).map(([tensor, entry]) => placeOf(tensor, entry, name));
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const place of places) {
    if (place.begin < end)
      throw damaged(name, `the elements of ${shownName(place.name)} overlap those of another tensor`);
    if (place.begin > end) throw damaged(name, `there is a hole before the elements of ${shownName(place.name)}`);
    end = place.end;
  }
  if (bodyStart + end !== bytes.length) {
    const kind = bytes.length < bodyStart + end ? 'is truncated' : 'has trailing bytes';
    throw damaged(name, `it ${kind}: its header asks for ${bodyStart + end} bytes, but it has ${bytes.length}`);
  }

  const tensors = places.map(({ name, shape, begin, end }) => {
    const bits = new Uint32Array((end - begin) / elementBytes);
    for (let i = 0; i < bits.length; i++) bits[i] = view.getUint32(bodyStart + begin + i * elementBytes, true);
    return { name, shape, data: new Float32Array(bits.buffer) };
  });
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Uint8Array, view: DataView, name: string) {
  if (bytes.length < lengthBytes) throw damaged(name, `it is truncated: it has only ${bytes.length} bytes`);
  const length = Number(view.getBigUint64(0, true));
  const [first, second] = bytes;
  // as lengths these are far too large
  if (length > maxHeaderBytes && ((first === 0x50 && second === 0x4b) || first === 0x80)) throw ofTorch(name);
  if (length > maxHeaderBytes) throw damaged(name, 'it does not start with the length of a header');
  if (lengthBytes + length > bytes.length) {
    throw damaged(
      name,
      `it is truncated: its header ends at ${lengthBytes + length} bytes, but it has ${bytes.length}`,
    );
  }
  let entries: unknown;
  try {
    const text = bytes.slice(lengthBytes, lengthBytes + length);
    entries = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw damaged(name, 'its header is not JSON', { cause });
  }
  if (!isRecord(entries)) throw damaged(name, 'its header is not a JSON object');
  return { length, entries };
}

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

function placeOf(tensor: string, entry: unknown, name: string): Place {
  const shown = shownName(tensor);
  if (!isRecord(entry)) throw damaged(name, `the entry of ${shown} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') {
    throw damaged(name, `${shown} has elements of type ${shownValue(dtype)}, and only F32 (float32) is supported`, {
      mend: 'Write it anew as float32: safetensors.torch.save_file({k: v.float() for k, v in state.items()}, "FILE.safetensors")',
    });
  }
  if (!isListOfSizes(shape)) throw damaged(name, `the shape of ${shown} is not a list of sizes`);
  if (!isListOfSizes(offsets) || offsets.length !== 2) throw damaged(name, `${shown} has no pair of data_offsets`);
  const [begin, end] = offsets as [number, number];
  if (end - begin !== sizeOf(shape) * elementBytes) {
    throw damaged(
      name,
      `${shown} has shape ${shownValue(shape)}, which does not take the ${end - begin} bytes of its data_offsets`,
    );
  }
  return { name: tensor, shape, begin, end };
}

/** A file may have a name of any length. */
function shownName(tensor: string): string {
  return tensor.length > MOST_SHOWN ? `${tensor.slice(0, MOST_SHOWN)}...` : tensor;
}

/** What torch.save writes: a zip archive, or a pickle of older versions. */
function ofTorch(name: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${name} is not a safetensors file that can be read`,
    why: 'it is a zip archive or a pickle, as torch.save writes: reading it could run any code',
    mend: `Write its weights by PyTorch: safetensors.torch.save_file(torch.load("FILE.pt", weights_only=True), "FILE.safetensors")`,
  });
}

function damaged(
  name: string,
  why: string,
  { mend = 'Use another copy of the file, or write it anew', cause }: { mend?: string; cause?: unknown } = {},
): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${name} is not a safetensors file that can be read`,
    why,
    mend,
    cause,
  });
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isListOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
