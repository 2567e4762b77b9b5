import { describe, expect, test } from 'vitest';
import { loadSentence, median, ratesAndRatios, ratioOf, withSection } from './peers/rates.mjs';
import { cheapestRecipe, choices, recipeInWords } from './peers/search.mjs';

test('a median is the middle one, or the mean of both', () => {
  expect(median([30, 10, 20])).toBe(20);
  expect(median([40, 10, 20, 30])).toBe(25);
});

test('ratios are of one round, so that a slow minute falls on both', () => {
  // the ratio of the medians would be 1
  expect(ratioOf([100, 10, 20], [50, 20, 5])).toEqual({ median: 2, lowest: 0.5, highest: 4 });
});

test('rates and ratios as tables', () => {
  const text = ratesAndRatios(
    ['batch 128', 'evaluation'],
    [
      { name: 'ours', peer: false, rates: [[2000, 1000, 3000], [7]] },
      { name: 'theirs', peer: true, rates: [[1000, 1000, 1000], [null]] },
    ],
  );
  expect(text.split('\n')).toEqual([
    '| samples/s | batch 128 | evaluation |',
    '| --- | ---: | ---: |',
    '| ours | 2,000 (1,000 to 3,000) | 7 (7 to 7) |',
    '| theirs | 1,000 (1,000 to 1,000) |  |',
    '',
    '| ratio | batch 128 | evaluation |',
    '| --- | ---: | ---: |',
    '| ours : theirs | 2.00 (1.00 to 3.00) |  |',
  ]);
});

test('without peers there is nothing to be compared', () => {
  expect(ratesAndRatios(['batch 128'], [{ name: 'ours', peer: false, rates: [[1]] }])).not.toContain('ratio');
});

test('the load of each round is told', () => {
  const rounds = [
    { before: 0.12, after: 2 },
    { before: 2, after: 1.96 },
  ];
  expect(loadSentence(rounds)).toContain('0.1 to 2.0; 2.0 to 2.0');
});

describe('a section of a text', () => {
  const text = '# A\n<!-- measured: one -->\nold\n<!-- end -->\nmiddle\n<!-- measured: two -->\n<!-- end -->\nlast';

  test('is replaced, and nothing else', () => {
    const changed = withSection(text, 'one', 'new');
    expect(changed).toBe(text.replace('\nold\n', '\n\nnew\n\n'));
    expect(withSection(changed, 'one', 'new')).toBe(changed);
  });

  test('has to be there', () => {
    expect(() => withSection(text, 'three', 'new')).toThrow('<!-- measured: three -->');
    expect(() => withSection(text.replaceAll('<!-- end -->', ''), 'one', 'new')).toThrow('there is no <!-- end -->');
  });
});

describe('the search for a recipe', () => {
  const things = { a: [5, 1, 2, 3], b: ['x', 'y', 'z'] };

  test('finds what is cheapest where one thing can be bettered after the other', async () => {
    const rivals: string[] = [];
    const found = await cheapestRecipe(things, ({ a, b }, best) => {
      if (best !== Number.POSITIVE_INFINITY) rivals.push(`${a}${b}`);
      return Math.abs(a - (b === 'z' ? 2 : 1)) + (b === 'z' ? 0 : 3);
    });
    expect(found).toEqual({ recipe: { a: 2, b: 'z' }, cost: 0 });
    // then a is tried again with the other b, and nothing twice
    expect(rivals).toEqual(['1x', '2x', '3x', '1y', '1z', '5z', '2z', '3z', '2y']);
  });

  test('tells what is to be beaten, so that the rest may be given up', async () => {
    const told: number[] = [];
    await cheapestRecipe({ a: [3, 2, 9, 1], b: [0] }, ({ a }, best) => {
      told.push(best);
      return a;
    });
    expect(told).toEqual([Number.POSITIVE_INFINITY, 3, 2, 2]);
  });

  test('does not keep to what was cheap once only', async () => {
    let calm = true;
    const found = await cheapestRecipe({ a: [1, 2], b: [0, 1] }, ({ a, b }) => {
      const cost = calm && a === 2 ? 1 : a * 10 + b * -5;
      if (a === 2) calm = false;
      return cost;
    });
    expect(found).toEqual({ recipe: { a: 1, b: 1 }, cost: 5 });
  });

  test('covers what both peers and we are promised', () => {
    const rates = choices.course.map(({ lr }) => lr);
    expect(choices.augment.toSorted()).toEqual([false, true]);
    expect([Math.min(...rates), Math.max(...rates)]).toEqual([0.001, 0.01]);
    expect([Math.min(...choices.batch), Math.max(...choices.batch)]).toEqual([128, 2048]);
    expect(new Set(choices.course.map(({ schedule }) => schedule))).toEqual(new Set(['constant', 'onecycle']));
  });

  test('says a recipe in words', () => {
    const course = { schedule: 'onecycle', epochs: 2, lr: 0.005 };
    expect(recipeInWords({ course, augment: false, batch: 256, evaluations: 4 })).toBe(
      'batch 256, one-cycle up to 0.005 over 2 epochs, without augmentation, 4 evaluations an epoch',
    );
  });
});
