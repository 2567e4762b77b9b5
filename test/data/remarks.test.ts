// Remarks on labels call classes as the data do.

import { expect, it } from 'vitest';
import { remarksOn } from '../../src/data/remarks.ts';

function labelled(labels: readonly number[], classNames: readonly string[] | null) {
  const images = Uint8Array.from({ length: labels.length * 4 }, (_, at) => (at % 4) * 80);
  const train = { count: labels.length, rows: 2, columns: 2, images, labels: Uint8Array.from(labels) };
  const data = { train, test: train, classes: classNames?.length ?? 4, classNames, validation: 0 };
  return remarksOn(data, 'data', false).map(({ message }) => message);
}

it.each([
  [[0, 1, 3], null, 'No training image has label 2: of the classes 0 to 3 the network never learns that one'],
  [
    [0, 2],
    ['cat', 'dog', 'eel', 'fox'],
    'No training image is of the class dog, fox: of the 4 classes the network never learns those',
  ],
  [[3, 3], null, 'all training images have the label 3: there is nothing to tell apart'],
  // not the last of the classes
  [[1, 1], ['cat', 'dog', 'eel'], 'all training images are of the class dog: there is nothing to tell apart'],
])('of labels %j, called %j', (labels, names, message) => {
  expect(labelled(labels, names)).toEqual([message]);
});
