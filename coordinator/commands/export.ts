// `lockstep export RUN`: the model in a form that other programs read.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../src/command.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { encodeOnnxModel } from '../../src/formats/onnx-model.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { encodeLayersModel } from '../../src/formats/tfjs-layers.ts';
import { unbroken } from '../../src/host/process/unbroken.ts';
import { namedTensors } from '../../src/model/layout.ts';
import { type Model, modelMetadata } from '../../src/model/model.ts';
import { type CheckpointChoice, filePathOrFolder, oneOf, orNull } from '../../src/options/value-kinds.ts';
import { checkpointName } from '../../src/run/checkpoint.ts';
import type { ClassNames } from '../../src/text/class-label.ts';
import { readModel } from '../run-folder/trained-model.ts';
import { checkpointFlag, jsonFlag, verboseFlag } from './common-flags.ts';
import { jsonLine, lines } from './result-text.ts';
import { writeOutput } from './write-output.ts';

interface Options {
  readonly checkpoint: CheckpointChoice | null;
  readonly format: 'safetensors' | 'tfjs' | 'onnx';
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
      kind: oneOf('safetensors', 'tfjs', 'onnx'),
      default: 'safetensors',
      help: "safetensors: PyTorch's names; tfjs: a LayersModel (model.json, weights.bin); onnx",
    },
    out: {
      flag: '--out <path>',
      kind: orNull(filePathOrFolder),
      default: null,
      defaultText: '<run>/export/...',
      help: 'a new file; for tfjs a new folder',
    },
    json: jsonFlag('print what was written as JSON'),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep export runs/first --format onnx
  $ lockstep export runs/first --format tfjs --out site/model
  $ lockstep export runs/first --checkpoint 4300

All but safetensors take raw pixels, 0 to 255: normalisation is part of the model.`,
  run: async ([folder], { checkpoint, format, out, json }, { wiring, print, note }) => {
    const { model, step, classNames } = await readModel(folder!, checkpoint, note);
    const files = encoded(model, classNames, format, (await wiring()).programVersion);
    const place = step === null ? [] : [checkpointName(step)];
    const target = out ?? join(folder!, 'export', ...place, format === 'tfjs' ? 'tfjs' : `model.${format}`);
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

/** Names below the target ("": the target itself) and contents. */
function encoded(
  model: Model,
  names: ClassNames,
  format: Options['format'],
  version: string,
): [string, string | Uint8Array][] {
  const metadata = modelMetadata(model, names);
  if (format === 'onnx') return [['', encodeOnnxModel(model, metadata, version)]];
  if (format === 'tfjs') {
    const { modelJson, weights } = encodeLayersModel(model, metadata);
    return [
      ['weights.bin', weights],
      ['model.json', modelJson],
    ];
  }
  return [['', encodeSafetensors(namedTensors(model.layout, model.parameters), { format: 'pt', ...metadata })]];
}
