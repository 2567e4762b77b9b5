// The forms that `lockstep export` writes a model in: for each where it lies below the run's export/, and its files. Reads the page
// that a model is put into, and nothing else.

import type { Described } from '../../src/formats/described.ts';
import { drawingPage } from '../../src/formats/drawing-page.ts';
import { type CardFacts, modelCard } from '../../src/formats/model-card.ts';
import { encodeOnnxModel } from '../../src/formats/onnx-model.ts';
import { pytorchModule, weightsFile } from '../../src/formats/pytorch-module.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { encodeLayersModel } from '../../src/formats/tfjs-layers.ts';
import { initFileOf } from '../../src/model/init-choice.ts';
import { namedTensors } from '../../src/model/layout.ts';
import { modelMetadata } from '../../src/model/model.ts';
import { configForFile } from '../../src/options/config.ts';
import { trainCommand } from '../../src/options/train-command.ts';
import { digestOf } from '../../src/run/digest.ts';
import { readDrawingPage } from '../drawing-page/page-file.ts';
import type { TrainedModel } from '../run-folder/trained-model.ts';

export const exportNames = ['safetensors', 'tfjs', 'onnx', 'pytorch', 'html', 'card'] as const;
export type ExportName = (typeof exportNames)[number];

/** Names below the target ("": the target itself) and contents, in the order in which they are written. */
type Files = readonly (readonly [name: string, data: string | Uint8Array])[];

interface ExportForm {
  readonly path: string;
  /** `version`: of the program that exports it. */
  files(trained: TrainedModel, version: string): Files;
}

export const exportForms: { readonly [N in ExportName]: ExportForm } = {
  safetensors: { path: 'model.safetensors', files: (trained) => [['', safetensorsOf(trained)]] },
  tfjs: {
    path: 'tfjs',
    files: ({ model, classNames }) => {
      const { modelJson, weights } = encodeLayersModel(model, modelMetadata(model, classNames));
      return [
        ['weights.bin', weights],
        ['model.json', modelJson],
      ];
    },
  },
  onnx: {
    path: 'model.onnx',
    files: ({ model, classNames }, version) => [
      ['', encodeOnnxModel(model, modelMetadata(model, classNames), version)],
    ],
  },
  pytorch: {
    path: 'pytorch',
    files: (trained) => [
      [weightsFile, safetensorsOf(trained)],
      ['model.py', pytorchModule(described(trained))],
    ],
  },
  html: { path: 'model.html', files: (trained) => [['', drawingPage(readDrawingPage(), described(trained))]] },
  card: { path: 'README.md', files: (trained) => [['', modelCard(cardFacts(trained))]] },
};

function safetensorsOf({ model, classNames }: TrainedModel): Uint8Array {
  const metadata = { format: 'pt', ...modelMetadata(model, classNames) };
  return encodeSafetensors(namedTensors(model.layout, model.parameters), metadata);
}

function described({ model, classNames, name, summary }: TrainedModel): Described {
  return { model, classNames, name, digest: digestOf(model.parameters), test: summary?.test ?? null };
}

function cardFacts(trained: TrainedModel): CardFacts {
  const { program, options, dataDigest } = trained;
  const about = described(trained);
  return {
    ...about,
    again: againOf(trained, about.digest),
    version: program,
    engine: options.engine,
    dataDigest,
    initDigest: options.init === null ? null : initFileOf(options.init).sha256,
    isMnist: options.data === null,
  };
}

function againOf({ step, changes, options }: TrainedModel, digest: string): CardFacts['again'] {
  if (changes.length > 0)
    return { why: 'The run was changed while it went on, so that no single command trains it again.' };
  if (step !== null) return { why: `This is the state of the run after ${step} steps, and not what it ended with.` };
  return { command: trainCommand(configForFile(options), digest) };
}
