import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fileKindOf, isGzip } from '../../src/data/file-kind.ts';
import { labelsFile } from '../support/tiny-data.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const tar = bytes(`train-images-idx3-ubyte${'\0'.repeat(234)}ustar\0`.padEnd(512, '\0'));

describe('fileKindOf', () => {
  it.each([
    ['a zip archive', bytes('PK\x03\x04\x14\0'), /unzip/],
    ['packed with xz', bytes('\xfd7zXZ\0\0\x04'), /unxz/],
    ['packed with bzip2', bytes('BZh91AY&SY'), /bunzip2/],
    ['packed with zstd', bytes('\x28\xb5\x2f\xfd\x04'), /unzstd/],
    ['packed with gzip', gzipSync('something'), /gunzip/],
    ['a tar archive', tar, /tar -xf/],
    ['a NumPy file', bytes('\x93NUMPY\x01\0v\0'), /IDX/],
    ['a web page', bytes('\n <!DOCTYPE html><html>'), /its address may have moved/],
    ['a web page', bytes('\xef\xbb\xbf<html lang="en">'), /address/],
    ['a web page', bytes('<!-- moved --><HTML>'), /address/],
    ['an XML text, such as servers answer errors with', bytes('<?xml version="1.0"?><Error>'), /again/],
    ['a JSON text', bytes('{"error": "not found"}'), /again/],
    ['a text', bytes('label,1x1,1x2,1x3\n5,0,0'), /again/],
    [
      'a pointer of Git LFS in place of the file',
      bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9912422\n'),
      /git lfs pull/,
    ],
  ])('knows %s', (name, head, mend) => {
    expect(fileKindOf(head)).toMatchObject({ name, mend: expect.stringMatching(mend) });
  });

  it('takes no IDX file for something else, whatever its pixels are', () => {
    expect(fileKindOf(labelsFile([80, 75, 3, 4]))).toBeNull();
    const pixels = new Uint8Array(512);
    pixels.set(bytes('ustar'), 257);
    expect(fileKindOf(pixels)).toBeNull();
    expect(fileKindOf(new Uint8Array(0))).toBeNull();
    expect(isGzip(gzipSync(''))).toBe(true);
    expect(isGzip(labelsFile([1]))).toBe(false);
  });
});
