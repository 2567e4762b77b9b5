// The model as the drawing page holds it: what an export writes and the script of the page reads. Plain data, as JSON.

import type { PictureForm } from '../data/picture-form.ts';

export interface PageModel {
  readonly name: string;
  readonly digest: string;
  readonly rows: number;
  readonly columns: number;
  readonly form: PictureForm;
  readonly widths: readonly number[];
  /** One a class. */
  readonly classes: readonly string[];
  /** An input is pixel * scale - offset. */
  readonly scale: number;
  readonly offset: number;
  readonly testAccuracy: number | null;
  /** Parameters in canonical order, little-endian float32, in base64. */
  readonly weights: string;
}
