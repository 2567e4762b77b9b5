// Slurm's short forms, as scontrol show hostnames expands them.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostsOf, tasksOf } from '../../src/launch/nodelist.ts';
import { refusal } from '../support/refusal.ts';

it.each([
  ['vm', ['vm']],
  ['a,b.example,c-3', ['a', 'b.example', 'c-3']],
  ['gpu[1-3]', ['gpu1', 'gpu2', 'gpu3']],
  ['gpu[08-11]', ['gpu08', 'gpu09', 'gpu10', 'gpu11']],
  ['gpu[01-03,07],login', ['gpu01', 'gpu02', 'gpu03', 'gpu07', 'login']],
  ['r[1-2]n[01,05]', ['r1n01', 'r1n05', 'r2n01', 'r2n05']],
  ['n[098-101]-ib', ['n098-ib', 'n099-ib', 'n100-ib', 'n101-ib']],
  ['c[5],c[3]', ['c5', 'c3']],
])('hosts of %s', (list, hosts) => {
  expect(hostsOf(list)).toEqual(hosts);
});

it.each([
  ['3', [3]],
  ['2(x3)', [2, 2, 2]],
  ['2(x3),1,4(x2)', [2, 2, 2, 1, 4, 4]],
])('tasks of %s', (list, tasks) => {
  expect(tasksOf(list)).toEqual(tasks);
});

it.each([
  '',
  ' ',
  'a[',
  'a]',
  'a[1-2',
  'a[[1]]',
  'a[2-1]',
  'a[1-x]',
  'a[]',
  'a[1-99999999]',
  'a b',
  'a[1-300]b[1-300]',
  '$(id)',
])('is no list of hosts: "%s"', async (list) => {
  expect(await refusal(() => hostsOf(list))).toMatchObject({ code: 'ERR_LOCKSTEP_LAUNCH' });
});

it.each(['', '2(x', '(x3)', '-1', '2(x3)4', 'two'])('is no list of tasks: "%s"', async (list) => {
  expect(await refusal(() => tasksOf(list))).toMatchObject({ code: 'ERR_LOCKSTEP_LAUNCH' });
});

it('expands what it was made of, whatever the numbers', () => {
  const range = fc.tuple(fc.nat(200), fc.nat(20), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), (ranges) => {
      const padded = (number: number, digits: number) => String(number).padStart(digits, '0');
      const list = ranges.map(([first, more, digits]) => `${padded(first, digits)}-${padded(first + more, digits)}`);
      const hosts = ranges.flatMap(([first, more, digits]) =>
        Array.from({ length: more + 1 }, (_, i) => `n${padded(first + i, padded(first, digits).length)}`),
      );
      expect(hostsOf(`n[${list.join(',')}]`)).toEqual(hosts);
    }),
  );
});
