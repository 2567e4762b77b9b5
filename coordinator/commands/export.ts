// `lockstep export RUN`: the model in a form that other programs read.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../src/command.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { unbroken } from '../../src/host/process/unbroken.ts';
import { type CheckpointChoice, filePathOrFolder, oneOf, orNull } from '../../src/options/value-kinds.ts';
import { checkpointName } from '../../src/run/checkpoint.ts';
import { readModel } from '../run-folder/trained-model.ts';
import { checkpointFlag, jsonFlag, verboseFlag } from './common-flags.ts';
import { type ExportName, exportForms, exportNames } from './export-forms.ts';
import { jsonLine, lines } from './result-text.ts';
import { writeOutput } from './write-output.ts';

interface Options {
  readonly checkpoint: CheckpointChoice | null;
  readonly format: ExportName;
  readonly out: string | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

export const exportModel: Command<Options> = {
  name: 'export',
  summary: 'Write the model of a run for other programs.',
  operands: '<run>',
  flags: {
    checkpoint: checkpointFlag,
    format: {
      flag: '--format <name>',
      kind: oneOf(...exportNames),
      default: 'safetensors',
      help: "safetensors: PyTorch's names; tfjs: a LayersModel (model.json, weights.bin); onnx; pytorch: a module and its weights; html: a page that runs it on drawings; card: README.md for a model hub",
    },
    out: {
      flag: '--out <path>',
      kind: orNull(filePathOrFolder),
      default: null,
      defaultText: '<run>/export/...',
      help: 'a new file; for tfjs and pytorch a new folder',
    },
    json: jsonFlag('print what was written as JSON'),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep export runs/first --format onnx
  $ lockstep export runs/first --format tfjs --out site/model
  $ lockstep export runs/first --format pytorch   then: python runs/first/export/pytorch/model.py 28x28.png
  $ lockstep export runs/first --format html      then open runs/first/export/model.html, and draw
  $ lockstep export runs/first --checkpoint 4300

All but safetensors take raw pixels, 0 to 255, of the size and on the ground of the training images: normalisation is part of the
model, cutting out a digit is not, but for the page. That needs no server and sends nothing; it
brings drawings and pictures into the form of the training images as predict does.`,
  run: async ([folder], { checkpoint, format, out, json }, { wiring, print, note }) => {
    const trained = await readModel(folder!, checkpoint, note);
    const { step } = trained;
    const form = exportForms[format];
    const files = form.files(trained, (await wiring()).programVersion);
    const place = step === null ? [] : [checkpointName(step)];
    const target = out ?? join(folder!, 'export', ...place, form.path);
    if (out !== null && existsSync(out)) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_OUTPUT_EXISTS',
        what: `${out} is there already`,
        why: 'an export writes over nothing that it did not make',
        mend: 'Give another --out, or leave it out',
      });
    }
    const written: string[] = [];
    await unbroken(async () => {
      for (const [name, data] of files) {
        const file = name === '' ? target : join(target, name);
        await writeOutput(file, data, '--out PATH');
        written.push(file);
      }
    });
    await print(
      json ? jsonLine({ ...(step === null ? {} : { checkpoint: step }), format, files: written }) : lines(written),
    );
    return ExitCode.done;
  },
};
