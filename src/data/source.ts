// What a reader of a file format hands over: a data set that was opened, of which no pixel need have been kept yet. What is
// known of it (size, labels, class names) is checked before memory is laid out, and its pixels are then read to where they are
// to lie. Types only; knows no format.

/** How data are to be read: part of a run's configuration, and of the command that reads other data. */
export interface Reading {
  /** Turn each image over its diagonal. */
  readonly transpose: boolean;
  /** Which column of a table holds the labels: its name, or its number (0-based, -1 = the last); null = found out. */
  readonly label: string | null;
  /** The number of the classes' first label; null = 1 where the labels begin with 1, else 0. */
  readonly firstLabel: number | null;
  /** What the brightest pixel may be, which becomes 255; null = 255. */
  readonly pixelMax: number | null;
  /** Make coloured images grey. */
  readonly grey: boolean;
  /** Of an image; null = as they are, or square. */
  readonly imageSize: { readonly rows: number; readonly columns: number } | null;
  /** So many images are drawn from the training images as the test set, where the source has none; null = none are. */
  readonly testSize: number | null;
  /** Of the run: what is drawn is drawn by it. */
  readonly seed: number;
}

export const plainReading: Reading = {
  transpose: false,
  label: null,
  firstLabel: null,
  pixelMax: null,
  grey: false,
  imageSize: null,
  testSize: null,
  seed: 42,
};

/** Some images of a source with their labels. */
export interface SourcePart {
  /** Where they come from, for error messages: a file, most often. */
  readonly name: string;
  /** Where the labels come from, if from elsewhere. */
  readonly labelsName?: string;
  readonly count: number;
  /**
   * An image each: a class number from 0 where the source has class names, else the numbers that stand in the file, of which
   * firstLabel is still to be taken off.
   */
  readonly labels: Uint8Array;
  /**
   * Fills `target` with the pixels of the next images, row by row: whole images, and never more than are left. Called until all
   * were read; the last call also finds what stands behind the last image and should not. @throws LockstepError
   */
  read(target: Uint8Array): Promise<void>;
}

/** A data set, opened. */
export interface DataSource {
  /** "IDX files", "NumPy archive" */
  readonly form: string;
  /** Of every image, after what `Reading` asks for; but `transpose`, which whoever reads the pixels does. */
  readonly rows: number;
  readonly columns: number;
  /** In the order of the class numbers; null: labels are numbers. Names as the source has them: they are cleaned where they are loaded. */
  readonly classNames: readonly string[] | null;
  readonly train: SourcePart;
  /** A split that the source has itself. */
  readonly validation: SourcePart | null;
  readonly test: SourcePart | null;
  /** What a user should know of how it was understood: sentences without a full stop. */
  readonly remarks: readonly string[];
  /** To be called once, whatever happened. */
  close(): Promise<void>;
}
