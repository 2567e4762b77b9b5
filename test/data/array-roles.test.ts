import { expect, it } from 'vitest';
import { arrayRoleOf, splitOfName } from '../../src/data/array-roles.ts';

it.each([
  ['x_train', { split: 'train', what: 'images' }],
  ['Xtrain', { split: 'train', what: 'images' }],
  ['val_labels', { split: 'validation', what: 'labels' }],
  ['kmnist-test-imgs', { split: 'test', what: 'images' }],
  ['data', { split: 'whole', what: 'images' }],
  ['weights', null],
  // what every object has is no word of ours
  ['constructor', null],
  ['constructor_data', { split: 'whole', what: 'images' }],
])('%s', (name, role) => {
  expect(arrayRoleOf(name)).toEqual(role);
});

it('a name that says nothing of images may say a split', () => {
  expect(['mnist_train', 'constructor', 'dev'].map(splitOfName)).toEqual(['train', null, 'validation']);
});
