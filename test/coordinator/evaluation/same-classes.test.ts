import { expect, it } from 'vitest';
import { sameClasses } from '../../../coordinator/evaluation/same-classes.ts';
import { refusal } from '../../support/refusal.ts';

const numbers = (classes: number) => ({ classes, classNames: null });
const named = (...classNames: string[]) => ({ classes: classNames.length, classNames });

it.each([
  ['the same numbers', numbers(10), numbers(7), null],
  ['the same names', named('a', 'b'), named('a', 'b'), null],
  ['some of the names', named('a', 'b', 'c'), named('c', 'a'), [2, 0]],
  ['numbers as names, without 0', numbers(10), named('1', '2'), [1, 2]],
  ['numbers of classes that have names', named('cat', 'dog'), numbers(2), null],
  ['numbers that are no names of the numbers from 1', named('1', '2', '3'), numbers(3), null],
])('classes are found by %s', (_, model, data, expected) => {
  const found = sameClasses(model, data, 'runs/a');
  expect(found === null ? null : [...found]).toEqual(expected);
});

it('a class that the model has not is named', async () => {
  const error = await refusal(async () => sameClasses(numbers(10), named('seven', 'two'), 'runs/a'));
  expect(error.why).toBe('they have "seven", and the model knows "0", "1", "2", "3", "4", "5" and 4 more');
});
