// What reads one form of data, and what it is shown to say whether a path is of its form. Types only.

import type { DataSource, Reading } from '../../data/source.ts';

/** What lies at a path. */
export interface FoundPath {
  readonly path: string;
  /** nothing: there is no such file or folder, but there may be files whose names begin so. other: a pipe, a device. */
  readonly kind: 'folder' | 'file' | 'other' | 'nothing';
  /** Of a folder: all that is in it, in order of code units. Of nothing: what is in the folder that it would be in. */
  readonly names: readonly string[];
  /** Of a folder: folders in it, and links, which may lead to some. */
  readonly folders: readonly string[];
  /** Of a file: its first 512 bytes, or all there are. */
  readonly head: Uint8Array;
}

export interface OpenDeps {
  readonly reading: Reading;
  /** What else a user can do where there are no data: "leave --data out to train on MNIST". */
  readonly instead: string;
  /** Hears what is worth knowing at once, such as where files were found. */
  readonly tell: (message: string) => void;
}

export interface Reader {
  /** "a NumPy archive": for the error that lists all forms. */
  readonly what: string;
  /** Whether it is its form: by names and first bytes. It may look into folders, and throws nothing. */
  matches(found: FoundPath): boolean | Promise<boolean>;
  /** Reads no more than is needed to say what is there. @throws LockstepError */
  open(found: FoundPath, deps: OpenDeps): Promise<DataSource>;
}
