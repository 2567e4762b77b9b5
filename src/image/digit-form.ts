// Any picture of a digit -> the form of the images that a model was trained on; MNIST's (yann.lecun.com/exdb/mnist) is light
// ink on black, in a box of 20 of 28 pixels, its centre of mass in the middle.

import type { PictureForm } from '../data/picture-form.ts';
import { groundOf, inkIn } from './ground.ts';
import { type Picture, PictureError } from './picture.ts';
import { type Box, cut, type Plane, resized, smoothed } from './plane.ts';
import { edgeIsDark, withLightGround } from './polarity.ts';
import { findStrokes } from './strokes.ts';

/** Longest side of what is searched for a digit. */
const searched = 400;
/** A digit that is smaller than this in what was searched is looked at again from nearer. */
const small = 80;
/** Of a full stroke's ink. */
const faintRim = 0.08;

export interface ImageForm {
  readonly rows: number;
  readonly columns: number;
  readonly form: PictureForm;
}

/** The digit as rows x columns bytes. @throws PictureError where there is none to be seen */
export function digitForm(picture: Picture, { rows, columns, form }: ImageForm): Uint8Array {
  if (picture.width === columns && picture.height === rows) return onGround(picture, form.lightGround);
  const digit = inkOfDigit(withLightGround(picture));
  const image = placed(inBox(digit, form), rows, columns);
  return form.lightGround ? image.map((value) => 255 - value) : image;
}

/** A picture of just the right size shows it in the right form already: at most it lies on the other ground. */
function onGround({ width, height, grey }: Picture, light: boolean): Uint8Array {
  if (grey.every((value) => value === grey[0])) throw nothingSeen();
  if (edgeIsDark({ width, height, values: grey }) === !light) return grey;
  const edge = [...grey.keys()].filter(
    (i) => i < width || i >= grey.length - width || i % width === 0 || (i + 1) % width === 0,
  );
  // of the ground lighter or darker than the best of paper, by what most of its edge has
  const sorted = edge.map((i) => (light ? 255 - grey[i]! : grey[i]!)).sort((a, b) => a - b);
  const ground = Math.max(1, sorted[Math.floor(0.75 * (sorted.length - 1))]!);
  return grey.map((value) => {
    const ink = Math.min(1, Math.max(0, 1 - (light ? 255 - value : value) / ground));
    return Math.round(255 * (light ? 1 - ink : ink));
  });
}

function inBox(digit: Plane, { box, stretched }: PictureForm): Plane {
  if (stretched) return resized(digit, box, box);
  const scale = box / Math.max(digit.width, digit.height);
  return resized(digit, Math.max(1, Math.round(digit.width * scale)), Math.max(1, Math.round(digit.height * scale)));
}

function nothingSeen(): PictureError {
  return new PictureError('no digit is to be seen in it');
}

/** The digit alone, cut out, its ink from 0 to 1. */
function inkOfDigit(page: Plane): Plane {
  const shrink = Math.max(1, Math.max(page.width, page.height) / searched);
  const near =
    shrink === 1
      ? page
      : resized(page, Math.max(1, Math.round(page.width / shrink)), Math.max(1, Math.round(page.height / shrink)));
  const soft = smoothed(near, Math.round(Math.max(near.width, near.height) / 150));
  const ground = groundOf(soft);
  const strokes = findStrokes(inkIn(soft, ground), near.width);
  if (strokes === null) throw nothingSeen();
  const { box, mask, least, most } = strokes;
  if (shrink > 1 && Math.max(box.width, box.height) < small) return inkOfDigit(cut(page, around(box, shrink, page)));
  const ink = inkIn(near, ground).map((value, i) =>
    mask[i] === 0 ? 0 : Math.max(0, Math.min(1, (value - least) / (most - least))),
  );
  return trimmed(cut({ ...near, values: ink }, box));
}

/** Without the rim that smoothing gave to the box, in which there is next to no ink. */
function trimmed(digit: Plane): Plane {
  const { width, height, values } = digit;
  let [left, top, right, bottom] = [width, height, -1, -1];
  values.forEach((value, i) => {
    if (value < faintRim) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  });
  return right < left ? digit : cut(digit, { left, top, width: right - left + 1, height: bottom - top + 1 });
}

/** What lies around a box, in the picture that was shrunk. */
function around({ left, top, width, height }: Box, shrink: number, page: Plane): Box {
  const margin = 0.5 * Math.max(width, height);
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, Math.round(value * shrink)));
  const [x0, y0] = [clamp(left - margin, page.width - 1), clamp(top - margin, page.height - 1)];
  const [x1, y1] = [clamp(left + width + margin, page.width), clamp(top + height + margin, page.height)];
  return { left: x0, top: y0, width: Math.max(1, x1 - x0), height: Math.max(1, y1 - y0) };
}

/** Into an image of rows x columns, its centre of mass as near the middle as whole pixels and the edges allow. */
function placed({ width, height, values }: Plane, rows: number, columns: number): Uint8Array {
  let [mass, massX, massY] = [0, 0, 0];
  values.forEach((value, i) => {
    mass += value;
    massX += value * ((i % width) + 0.5);
    massY += value * (Math.floor(i / width) + 0.5);
  });
  // MNIST's centres lie up to a whole pixel behind the middle; what is in the middle stays there in spite of rounding
  const place = (room: number, length: number, centre: number) =>
    Math.max(0, Math.min(room - length, Math.ceil(room / 2 - centre - 0.05)));
  const left = place(columns, width, massX / mass);
  const top = place(rows, height, massY / mass);
  const strongest = values.reduce((most, value) => Math.max(most, value), 0);
  const image = new Uint8Array(rows * columns);
  values.forEach((value, i) => {
    image[(top + Math.floor(i / width)) * columns + left + (i % width)] = Math.round((value * 255) / strongest);
  });
  return image;
}
