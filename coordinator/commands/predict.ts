// `lockstep predict RUN FILE...`: what a trained model takes pictures of digits for.

import type { Command } from '../../src/command.ts';
import { ExitCode } from '../../src/errors.ts';
import { ioReason } from '../../src/host/files/io-reason.ts';
import { readRegularFile } from '../../src/host/files/read-file.ts';
import { decodePicture } from '../../src/image/decode.ts';
import { digitForm } from '../../src/image/digit-form.ts';
import { PictureError } from '../../src/image/picture.ts';
import { besides, probabilityBars, terminalPicture } from '../../src/image/terminal-picture.ts';
import type { Model } from '../../src/model/model.ts';
import { type CheckpointChoice, onOff } from '../../src/options/value-kinds.ts';
import { type ClassNames, classLabel } from '../../src/text/class-label.ts';
import { printable } from '../../src/text/clean-text.ts';
import { layTrial } from '../evaluation/inference.ts';
import { readModel } from '../run-folder/trained-model.ts';
import { checkpointFlag, jsonFlag, verboseFlag, wideFlag } from './common-flags.ts';
import { jsonLine, table } from './result-text.ts';

/** The largest picture that may be read, four channels of 16 bits that do not pack, has no more. */
const PICTURE_BYTES = 160 * 2 ** 20;

interface Options {
  readonly checkpoint: CheckpointChoice | null;
  readonly pictures: boolean;
  readonly wide: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

interface Predicted {
  readonly file: string;
  readonly prediction: number;
  /** Of the class, where classes have names. */
  readonly className?: string;
  readonly confidence: number;
  readonly probabilities: readonly number[];
}

interface Unreadable {
  readonly file: string;
  readonly error: string;
}

export const predict: Command<Options> = {
  name: 'predict',
  summary: 'Say which digit (or other class) pictures show.',
  operands: '<run> <file...>',
  flags: {
    checkpoint: checkpointFlag,
    pictures: {
      flag: '--no-pictures',
      kind: onOff,
      default: true,
      help: 'only the table, without what the network saw',
    },
    wide: wideFlag,
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
PNG and JPEG of up to 16.7 million pixels, dark on light or light on dark. A picture of just the size of the run's images
is taken as it is, on the ground that these have; in any other, the digit is cut out and brought into their form: for
MNIST's, scaled to a box of 20 pixels and centred by its mass in 28x28.

Examples:
  $ lockstep predict runs/first seven.png photo.jpg
  $ lockstep predict runs/first scans/*.png --json

Exit codes: 0 done, 1 some files could not be read (the others are predicted), 2 bad usage.`,
  run: async (
    [folder, ...files],
    { checkpoint, pictures, wide, json },
    { wiring, print, note, colours, columns: width },
  ) => {
    const { name, step, model, classNames: names } = await readModel(folder!, checkpoint, note);
    // one after the other: neither descriptors nor memory grow with their number
    const forms: (Uint8Array | string)[] = [];
    for (const file of files) forms.push(await formOf(file, model));
    const images = forms.filter((form): form is Uint8Array => typeof form !== 'string');
    const { rows, columns } = model;
    const trying = { threads: null, wiring: await wiring(), wide };
    const { place, run } = layTrial(model, { count: images.length, rows, columns }, trying);
    images.forEach((image, i) => {
      place.images.set(image, i * rows * columns);
    });
    const { predictions, probabilities } = await run();
    const classes = model.widths.at(-1)!;

    let next = 0;
    const results = forms.map((form, i): Predicted | Unreadable => {
      const file = files[i]!;
      if (typeof form === 'string') return { file, error: form };
      const own = [...probabilities.subarray(next * classes, (next + 1) * classes)];
      const prediction = predictions[next++]!;
      const named = names === null ? {} : { className: names[prediction]! };
      return { file, prediction, ...named, confidence: own[prediction]!, probabilities: own };
    });
    const failed = results.filter((result): result is Unreadable => 'error' in result);
    for (const { file, error } of failed) note(`Warning: ${file} cannot be used: ${error}`);
    if (json) {
      const of = step === null ? { run: name } : { run: name, checkpoint: step };
      await print(jsonLine({ ...of, ...(names === null ? {} : { classNames: names }), files: results }));
    } else {
      const predicted = results.filter((result): result is Predicted => 'prediction' in result);
      const shown = predicted.map((result, i) => pictureOf(result, images[i]!, { columns, names, colours, width }));
      const rows = predicted.map(({ file, prediction, confidence }) => [
        file,
        classLabel(names, prediction),
        confidence.toFixed(4),
      ]);
      const text = rows.length === 0 ? '' : table([['File', 'Prediction', 'Confidence'], ...rows], width);
      await print((pictures ? shown.join('') : '') + text);
    }
    return failed.length > 0 ? ExitCode.runFailed : ExitCode.done;
  },
};

/** The file's digit in the model's form, or why there is none. */
async function formOf(file: string, model: Model): Promise<Uint8Array | string> {
  let bytes: Uint8Array;
  try {
    bytes = await readRegularFile(file, PICTURE_BYTES);
  } catch (error) {
    const why = ioReason(error);
    return why.endsWith('(EISDIR)') ? `${why}: give the pictures in it, such as ${file}/*.png` : why;
  }
  try {
    return digitForm(decodePicture(bytes), model);
  } catch (error) {
    if (error instanceof PictureError) return error.message;
    throw error;
  }
}

interface PictureForm {
  /** Of the image. */
  readonly columns: number;
  readonly names: ClassNames;
  readonly colours: boolean;
  /** Cells of the terminal; null: it is none. */
  readonly width: number | null;
}

function pictureOf(
  { file, probabilities }: Predicted,
  image: Uint8Array,
  { columns, names, colours, width }: PictureForm,
): string {
  const lines = besides(
    terminalPicture(image, columns, colours),
    columns,
    probabilityBars(probabilities, names, width),
    width,
  );
  return `${printable(file)}\n${lines.join('\n')}\n\n`;
}
