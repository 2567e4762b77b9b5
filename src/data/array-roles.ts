// The names under which people keep arrays of images and labels: Keras' (x_train), MedMNIST's (val_labels), KMNIST's
// (kmnist-test-imgs), and their like. Pure.

export type ArraySplit = 'train' | 'validation' | 'test' | 'whole';
type ArrayWhat = 'images' | 'labels';
export interface ArrayRole {
  readonly split: ArraySplit;
  readonly what: ArrayWhat;
}

const splits: Readonly<Record<string, ArraySplit>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
};
const whats: Readonly<Record<string, ArrayWhat>> = {
  x: 'images',
  img: 'images',
  imgs: 'images',
  image: 'images',
  images: 'images',
  data: 'images',
  y: 'labels',
  label: 'labels',
  labels: 'labels',
  target: 'labels',
  targets: 'labels',
};

/** Of a name without its ending; null where it says nothing of what is in it. */
export function arrayRoleOf(name: string): ArrayRole | null {
  const words = name
    // "trainX", "Xtrain"
    .replace(/([a-z])([XY])(?![a-z])/g, '$1_$2')
    .replace(/(^|[^a-zA-Z])([xyXY])(train|test|val)/g, '$1$2_$3')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const split = words.map((word) => splits[word]).find((found) => found !== undefined);
  const what = words.map((word) => whats[word]).find((found) => found !== undefined);
  return what === undefined ? null : { split: split ?? 'whole', what };
}

/** Which split a name is of, where it says nothing of images or labels; null where it is of none. */
export function splitOfName(name: string): ArraySplit | null {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  return words.map((word) => splits[word]).find((found) => found !== undefined) ?? null;
}
