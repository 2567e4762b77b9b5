// A trained network: its widths and its parameters, put together from named tensors. Knows nothing of files.

import { mnistForm, type PictureForm } from '../data/picture-form.ts';
import { LockstepError } from '../errors.ts';
import type { ClassNames } from '../text/class-label.ts';
import { visibleJson } from '../text/clean-text.ts';
import { type Layout, layoutOf, type NamedTensor, namedTensors } from './layout.ts';
import { isNormalization, type Normalization, normalizationText, reportNormalization } from './normalization.ts';

export interface Model {
  /** From inputs to classes, e.g. [784, 128, 64, 10]. */
  readonly widths: readonly number[];
  /** Size of its images; their product is the number of inputs. */
  readonly rows: number;
  readonly columns: number;
  /** Of the images that it was trained on. */
  readonly form: PictureForm;
  /** Of its pixels. */
  readonly normalization: Normalization;
  readonly layout: Layout;
  /** In canonical order. */
  readonly parameters: Float32Array;
}

/** What the tensors alone do not say, for a file that holds them. */
export function modelMetadata(
  { rows, columns, widths, form, normalization }: Pick<Model, 'rows' | 'columns' | 'widths' | 'form' | 'normalization'>,
  classNames: ClassNames = null,
): Record<string, string> {
  return {
    rows: String(rows),
    columns: String(columns),
    input: `images of ${rows}x${columns} pixels, row by row, ${form.lightGround ? '0 to 255 (background)' : '0 (background) to 255'}`,
    ground: form.lightGround ? 'light' : 'dark',
    box: String(form.box),
    stretched: String(form.stretched),
    normalisation: normalizationText(normalization),
    mean: String(normalization.mean),
    std: String(normalization.std),
    layers: `${widths.join('-')}, ReLU between them, softmax at the end`,
    ...(classNames === null ? {} : { classes: visibleJson(JSON.stringify(classNames)) }),
  };
}

/**
 * The tensors of a run's model.safetensors, in any order, and its metadata: without rows and columns, images are square if
 * they can be. `name` is for error messages only.
 */
export function modelFromTensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
  name: string,
): Model {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const widths: number[] = [];
  for (let l = 1; byName.has(`fc${l}.weight`); l++) {
    const [outputs = 0, inputs = 0] = byName.get(`fc${l}.weight`)!.shape;
    if (l === 1) widths.push(inputs);
    widths.push(outputs);
  }
  if (widths.length === 0) throw unfit(name, 'it has no tensor fc1.weight');
  const layout = layoutOf(widths);
  // only what was found to be there is made room for
  const expected = namedTensors(layout, new Float32Array(0));
  for (const { name: tensorName, shape } of expected) {
    const found = byName.get(tensorName);
    if (found === undefined) throw unfit(name, `it has no tensor ${tensorName}`);
    if (found.shape.join() !== shape.join()) {
      throw unfit(name, `${tensorName} has shape [${found.shape.join(', ')}], expected was [${shape.join(', ')}]`);
    }
  }
  const unknown = tensors.find((tensor) => !expected.some((one) => one.name === tensor.name));
  if (unknown !== undefined) throw unfit(name, `it has a tensor ${unknown.name} that is no layer's`);
  if (Math.min(...widths) < 1) throw unfit(name, `its layers have the widths ${widths.join('-')}`);
  const parameters = new Float32Array(layout.parameters);
  for (const { name: tensorName, data } of namedTensors(layout, parameters)) data.set(byName.get(tensorName)!.data);
  const bad = parameters.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) throw unfit(name, `parameter ${bad} is ${parameters[bad]}`);
  const size = sizeOf(widths[0]!, metadata, name);
  const form = pictureFormOf(size, metadata, name);
  return { widths, layout, parameters, ...size, form, normalization: normalizationIn(metadata, name) };
}

function sizeOf(
  inputs: number,
  { rows, columns }: Readonly<Record<string, string>>,
  name: string,
): { rows: number; columns: number } {
  if (rows !== undefined || columns !== undefined) {
    const size = { rows: Number(rows), columns: Number(columns) };
    const isSize = Number.isSafeInteger(size.rows) && size.rows > 0 && size.rows * size.columns === inputs;
    if (isSize) return size;
    throw unfit(name, `its metadata say that images have ${rows}x${columns} pixels, and it has ${inputs} inputs`);
  }
  const side = Math.sqrt(inputs);
  return Number.isInteger(side) ? { rows: side, columns: side } : { rows: 1, columns: inputs };
}

/** Models of before it could be chosen do not say it: theirs is the report's. */
function normalizationIn({ mean, std }: Readonly<Record<string, string>>, name: string): Normalization {
  if (mean === undefined && std === undefined) return reportNormalization;
  const found = { mean: Number(mean), std: Number(std) };
  if (isNormalization(found)) return found;
  throw unfit(name, `its metadata say "mean": ${mean} and "std": ${std}, which is no normalisation`);
}

/** Models of 0.1.0 do not say it: theirs is MNIST's. */
function pictureFormOf(
  { rows, columns }: Pick<Model, 'rows' | 'columns'>,
  { ground, box, stretched }: Readonly<Record<string, string>>,
  name: string,
): PictureForm {
  if (ground === undefined && box === undefined && stretched === undefined) return mnistForm(rows, columns);
  const side = Number(box);
  const isForm =
    (ground === 'light' || ground === 'dark') &&
    (stretched === 'true' || stretched === 'false') &&
    Number.isSafeInteger(side) &&
    side >= 1 &&
    side <= Math.min(rows, columns);
  if (isForm) return { box: side, stretched: stretched === 'true', lightGround: ground === 'light' };
  throw unfit(
    name,
    `its metadata say "ground": ${ground}, "box": ${box} and "stretched": ${stretched}, which is no form`,
  );
}

function unfit(name: string, why: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${name} is not the model of a run`,
    why,
    mend: 'Give the folder of a run that lockstep train has made',
  });
}
