// A model as one HTML page that runs it on drawings: the page as it was built, and in it the model as data. Nothing of the model
// is code, nothing of it is asked for over a network.

import { floatBytes } from '../model/float-bytes.ts';
import { pixelMapOf } from '../model/normalization.ts';
import { scriptJson } from '../text/quoted.ts';
import { classesOf, type Described } from './described.ts';
import type { PageModel } from './page-model.ts';

/** Where the page has its model. */
const place = '<!--model-->';

/** `page`: as it was built. */
export function drawingPage(page: string, described: Described): string {
  const { model, name, digest, test } = described;
  const { rows, columns, form, normalization, widths, parameters } = model;
  const data: PageModel = {
    name,
    digest,
    rows,
    columns,
    form,
    widths,
    classes: classesOf(described),
    ...pixelMapOf(normalization),
    testAccuracy: test?.accuracy ?? null,
    weights: Buffer.from(floatBytes(parameters)).toString('base64'),
  };
  const element = `<script type="application/json" id="model">${scriptJson(data)}</script>`;
  return page.replace(place, () => element);
}
