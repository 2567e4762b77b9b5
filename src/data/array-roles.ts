// The names under which people keep arrays of images and labels: Keras' (x_train), MedMNIST's (val_labels), KMNIST's
// (kmnist-test-imgs), and their like. Pure.

export type ArraySplit = 'train' | 'validation' | 'test' | 'whole';
type ArrayWhat = 'images' | 'labels';
export interface ArrayRole {
  readonly split: ArraySplit;
  readonly what: ArrayWhat;
}

// no plain objects: a word of a file's name may be that of what every object has, such as "constructor"
const splits: ReadonlyMap<string, ArraySplit> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
  ['dev', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
]);
const whats: ReadonlyMap<string, ArrayWhat> = new Map([
  ...['x', 'img', 'imgs', 'image', 'images', 'data'].map((word) => [word, 'images'] as const),
  ...['y', 'label', 'labels', 'target', 'targets'].map((word) => [word, 'labels'] as const),
]);

/** Of a name without its ending; null where it says nothing of what is in it. */
export function arrayRoleOf(name: string): ArrayRole | null {
  const words = name
    // "trainX", "Xtrain"
    .replace(/([a-z])([XY])(?![a-z])/g, '$1_$2')
    .replace(/(^|[^a-zA-Z])([xyXY])(train|test|val)/g, '$1$2_$3')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const split = words.map((word) => splits.get(word)).find((found) => found !== undefined);
  const what = words.map((word) => whats.get(word)).find((found) => found !== undefined);
  return what === undefined ? null : { split: split ?? 'whole', what };
}

/** Which split a name is of, where it says nothing of images or labels; null where it is of none. */
export function splitOfName(name: string): ArraySplit | null {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  return words.map((word) => splits.get(word)).find((found) => found !== undefined) ?? null;
}
