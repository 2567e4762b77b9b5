// What a file is by its first bytes, whatever its name says. Pure.

export interface FileKind {
  /** "a zip archive" */
  readonly name: string;
  /** What makes an IDX file of it. */
  readonly mend: string;
  /** Somebody's text, and none that says why a file is missing. */
  readonly isPlain?: true;
  /** It came in place of the file, whatever that was to be. */
  readonly standsIn?: true;
}

/** So many of the first bytes are looked at. */
export const SNIFFED_BYTES = 512;

const unpack = (command: string) =>
  `Unpack it first (${command}), and give what was in it: --data takes folders of IDX files or pictures, Parquet, .npz and CSV`;
const again = 'Fetch the file again from where it came from';

const sorted = 'Put pictures into folders, one a class, and give the folder that holds these';

const signatures: readonly (readonly [bytes: string, at: number, kind: FileKind])[] = [
  ['PK\x03\x04', 0, { name: 'a zip archive', mend: unpack('unzip') }],
  ['PK\x05\x06', 0, { name: 'an empty zip archive', mend: again }],
  ['\xfd7zXZ\0', 0, { name: 'packed with xz', mend: unpack('unxz') }],
  ['BZh', 0, { name: 'packed with bzip2', mend: unpack('bunzip2') }],
  ['\x28\xb5\x2f\xfd', 0, { name: 'packed with zstd', mend: unpack('unzstd') }],
  ['\x04\x22\x4d\x18', 0, { name: 'packed with lz4', mend: unpack('unlz4') }],
  ['\x1f\x9d', 0, { name: 'packed with compress', mend: unpack('uncompress') }],
  ['\x1f\x8b', 0, { name: 'packed with gzip', mend: unpack('gunzip') }],
  ['7z\xbc\xaf\x27\x1c', 0, { name: 'a 7z archive', mend: unpack('7z x') }],
  ['Rar!\x1a', 0, { name: 'a rar archive', mend: unpack('unrar x') }],
  ['ustar', 257, { name: 'a tar archive', mend: unpack('tar -xf') }],
  ['\x93NUMPY', 0, { name: 'a NumPy file', mend: 'Name it .npy, or write the array as an IDX file of bytes' }],
  ['\x89HDF\r\n', 0, { name: 'an HDF5 file', mend: 'Write its arrays as IDX files of bytes' }],
  ['PAR1', 0, { name: 'a Parquet file', mend: 'Put Parquet files into a folder of their own' }],
  ['\x89PNG\r\n', 0, { name: 'a PNG picture', mend: sorted }],
  ['\xff\xd8\xff', 0, { name: 'a JPEG picture', mend: sorted }],
  ['MATLAB 5.0', 0, { name: 'a MATLAB file', mend: 'Write its arrays as IDX files of bytes' }],
];

const texts: readonly (readonly [start: RegExp, kind: FileKind])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    { name: 'a pointer of Git LFS in place of the file', mend: 'Fetch the file itself: git lfs pull', standsIn: true },
  ],
  [
    /^(<!--.*?-->\s*)?<(!doctype html|html|head|body)\b/is,
    { name: 'a web page', mend: `${again}: its address may have moved, or want a login`, standsIn: true },
  ],
  [/^<\?xml/i, { name: 'an XML text, such as servers answer errors with', mend: again }],
  [/^[{[]\s*["{[\]}\d-]/, { name: 'a JSON text', mend: again, isPlain: true }],
  [/^[\x20-\x7e\t\r\n]{8}/, { name: 'a text', mend: again, isPlain: true }],
];

/** Null where it is nothing known, and so may be an IDX file. `head`: the first SNIFFED_BYTES, or all there are. */
export function fileKindOf(head: Uint8Array): FileKind | null {
  if (head[0] === 0 && head[1] === 0) return null;
  const text = Array.from(head.subarray(0, SNIFFED_BYTES), (byte) => String.fromCharCode(byte)).join('');
  const found = signatures.find(([bytes, at]) => text.startsWith(bytes, at));
  if (found !== undefined) return found[2];
  // a byte order mark and blanks may stand before a text
  const start = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  return texts.find(([pattern]) => pattern.test(start))?.[1] ?? null;
}

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}
