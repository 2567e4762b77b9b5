import { describe, expect, it } from 'vitest';
import { GuestBook } from '../../../src/host/http/guest-book.ts';
import { addressGroup, addressText } from '../../../src/host/http/remote-address.ts';
import { RepeatedWarnings } from '../../../src/host/http/repeated-warnings.ts';

describe('the guest book', () => {
  const book = () => new GuestBook<string>({ connectionsOfAddress: 3, connectionsInAll: 5 });

  it('lets every newcomer in, and the oldest of its address go', () => {
    const guests = book();
    const gone = ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => guests.enter(name, 'a'));
    expect(gone).toEqual([[], [], [], ['a1'], ['a2']]);
    expect(guests.enter('b1', 'b')).toEqual([]);
    expect([...guests.guests]).toEqual(['a3', 'a4', 'a5', 'b1']);
  });

  it('when all are too many, the oldest of the address that has the most goes', () => {
    const guests = book();
    for (const name of ['b1', 'a1', 'a2', 'a3']) guests.enter(name, name[0]!);
    expect(guests.enter('c1', 'c')).toEqual([]);
    expect(guests.enter('d1', 'd')).toEqual(['a1']);
    expect(guests.enter('e1', 'e')).toEqual(['a2']);
    expect(guests.count).toBe(5);
  });

  it('who has proved something goes last, and who did something later', () => {
    const guests = book();
    for (const name of ['a1', 'a2', 'a3']) guests.enter(name, 'a');
    guests.vouch('a1');
    guests.renew('a2');
    expect(guests.enter('a4', 'a')).toEqual(['a3']);
    guests.vouch('a2');
    guests.vouch('a4');
    // itself, where all the others have
    expect(guests.enter('a5', 'a')).toEqual(['a5']);
  });

  it('who is inside does not count', () => {
    const guests = book();
    for (let i = 0; i < 100; i++) {
      expect(guests.enter(`a${i}`, 'a')).toEqual([]);
      guests.leave(`a${i}`);
      guests.leave(`a${i}`);
    }
    expect([guests.count, guests.countOf('a')]).toEqual([0, 0]);
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::FFFF:a00:7', '10.0.0.7'],
    ['0:0:0:0:0:ffff:0a00:0007', '10.0.0.7'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  it('are shown as one would type them', () => {
    expect(addressText('::ffff:10.0.0.7', 1)).toBe('10.0.0.7:1');
    expect(addressText('2001:db8::7', 2)).toBe('[2001:db8::7]:2');
    expect(addressText(undefined, undefined)).toBe('unknown:0');
  });
});

it('a warning that comes a thousand times is printed a few times, and then counted', () => {
  const limits = { warningsAtOnce: 3, warningPauseMs: 1000 };
  const warnings = new RepeatedWarnings(limits, (count, last: string) => `${count} more, the last: ${last}`);
  const printed: string[] = [];
  for (let i = 0; i < 1000; i++) printed.push(...warnings.add(`w${i}`, i));
  expect(printed).toEqual(['w0', 'w1', 'w2']);
  expect(warnings.due(1000)).toEqual([]);
  expect(warnings.due(1001)).toEqual(['997 more, the last: w999']);
  // it goes on: still counted
  expect(warnings.add('x', 1500)).toEqual([]);
  expect(warnings.rest(1600)).toEqual(['1 more, the last: x']);
  // after a quiet time each is worth a line again
  expect(warnings.add('y', 5000)).toEqual(['y']);
  expect(warnings.rest(5001)).toEqual([]);
});
