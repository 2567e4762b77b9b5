// When a node's parameters are packed: by the fastest of some attempts, seldom, and not to and fro.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkDefaults, ParameterForm } from '../../../coordinator/step/parameter-form.ts';

const options = { packUpTo: 200e6, plainAbove: 400e6, attempts: 4 };
const BYTES = 800_000;

/** Attempts over a link of so many MB/s, in order; what is chosen after each. */
function choices(megabytesPerSecond: readonly number[], form = new ParameterForm(options)): boolean[] {
  return megabytesPerSecond.map((rate) => {
    form.measured(BYTES, BYTES / 1000 / rate);
    return form.packs;
  });
}

describe('the form of parameters', () => {
  it('is plain at first, and packed once all attempts were slow', () => {
    expect(choices([11, 12, 10, 11, 11])).toEqual([false, false, false, true, true]);
  });

  it('is judged by the fastest: one undisturbed attempt tells of the link', () => {
    expect(choices([11, 12, 900, 11, 11, 12, 10, 11])).toEqual([...new Array(7).fill(false), true]);
  });

  it('becomes plain again where the link has become fast', () => {
    expect(choices([11, 11, 11, 11, 11, 11, 900, 11, 11])).toEqual([
      false,
      ...[false, false],
      ...new Array(4).fill(true),
      false,
      false,
    ]);
  });

  it('stays as it is between the two rates, whichever it is', () => {
    const between = [201, 399, 300, 250];
    expect(new Set(choices([...between, ...between]))).toEqual(new Set([false]));
    const form = new ParameterForm(options);
    choices([100, 100, 100, 100], form);
    expect(new Set(choices([...between, ...between], form))).toEqual(new Set([true]));
    expect(form.bytesPerSecond).toBeCloseTo(399e6);
  });

  it('changes at most once in so many attempts, whatever was measured', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1, max: 2000, noNaN: true }), { maxLength: 100 }), (rates) => {
        const made = choices(rates);
        made.forEach((packs, i) => {
          if (i > 0 && packs !== made[i - 1]) expect((i + 1) % options.attempts).toBe(0);
        });
      }),
    );
  });

  it('takes a node that lies about its clock for a fast one, and knows nothing by attempts without bytes', () => {
    const form = new ParameterForm({ ...options, attempts: 1 });
    form.measured(0, 100);
    expect([form.packs, form.bytesPerSecond]).toEqual([false, null]);
    form.measured(BYTES, 100);
    expect(form.packs).toBe(true);
    form.measured(BYTES, -3);
    expect([form.packs, form.bytesPerSecond]).toEqual([false, BYTES * 1e6]);
  });

  it('can be asked for in any case, or never', () => {
    const always = new ParameterForm({
      packUpTo: Number.POSITIVE_INFINITY,
      plainAbove: Number.POSITIVE_INFINITY,
      attempts: 1,
    });
    expect(choices([1, 1e6], always)).toEqual([true, true]);
    always.measured(BYTES, 0);
    expect(always.packs).toBe(true);
    expect(choices([1, 1e-3], new ParameterForm({ packUpTo: 0, plainAbove: 0, attempts: 1 }))).toEqual([false, false]);
  });

  it('has defaults that leave room between the two', () => {
    expect(linkDefaults.plainAbove).toBeGreaterThanOrEqual(2 * linkDefaults.packUpTo);
  });
});
