// Figures as the live page writes them: what is not finite is never a 0, and never an error.

import { expect, test } from 'vitest';
import { loss, percent } from '../../../../../coordinator/watch/live-page/client/format.ts';

test('figures that are not finite, of which the page hears as null', () => {
  expect([loss(null), loss(undefined), loss(0)]).toEqual(['not finite', '–', '0.0000']);
  expect([percent(null), percent(undefined), percent(0)]).toEqual(['–', '–', '0.00 %']);
});
