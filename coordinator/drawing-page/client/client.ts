// The drawing page: what is drawn or chosen is brought into the form of the training images by the code of `predict`, goes through
// the network in this page, and becomes bars. It sends nothing and loads nothing.

import { digitForm } from '../../../src/image/digit-form.ts';
import { type Picture, PictureError, pictureOf } from '../../../src/image/picture.ts';
import { probabilitiesOf } from '../../../src/model/plain-forward.ts';
import { makeAnswerView } from './answer.ts';
import { listenForPictures, pixelsOfFile } from './chosen-picture.ts';
import { modelInPage } from './model-in-page.ts';
import { makeSheet } from './sheet.ts';

/** While a stroke goes on, an answer takes time from it. */
const betweenAnswersMs = 150;
const namesShown = 12;

const $ = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;

const { said, network } = modelInPage();
const { name, classes, digest, testAccuracy } = said;
const view = makeAnswerView({ best: $('best'), list: $('bars'), seen: $('seen') }, classes, said);
const nothing = 'Nothing is drawn yet';

let waiting: number | undefined;
const sheet = makeSheet({ desk: $('sheet'), canvas: $('drawing'), pen: $('pen') }, (ended) => {
  $('hint').hidden = true;
  $('sheet').classList.remove('picture');
  if (ended) answerDrawing();
  else waiting ??= setTimeout(answerDrawing, betweenAnswersMs);
});

function answerDrawing(): void {
  clearTimeout(waiting);
  waiting = undefined;
  answer(pictureIn(sheet.pixels()));
}

function pictureIn({ width, height, data }: ImageData): Picture {
  return pictureOf({ width, height, data: new Uint8Array(data.buffer), channels: 4, orientation: 1 });
}

function answer(picture: Picture): void {
  try {
    const image = digitForm(picture, said);
    view.show(probabilitiesOf(network, image), image);
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    view.none('Nothing is to be seen in it');
  }
}

async function take(file: Blob): Promise<void> {
  try {
    const pixels = await pixelsOfFile(file);
    const shown = Object.assign(document.createElement('canvas'), { width: pixels.width, height: pixels.height });
    shown.getContext('2d')!.putImageData(pixels, 0, 0);
    sheet.show(shown, pixels.width, pixels.height);
    $('hint').hidden = true;
    $('sheet').classList.add('picture');
    answer(pictureIn(pixels));
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    view.none(`The file cannot be used: ${error.message}`);
  }
}

function clear(): void {
  clearTimeout(waiting);
  waiting = undefined;
  sheet.clear();
  $('hint').hidden = false;
  $('sheet').classList.remove('picture');
  view.none(nothing);
}

listenForPictures($('file'), $('sheet'), (file) => void take(file));
$('clear').addEventListener('click', clear);
$('sheet').addEventListener('keydown', ({ key }) => {
  if (key === 'Delete' || key === 'Backspace') clear();
});

const names = classes.slice(0, namesShown).join(', ');
const more = classes.length > namesShown ? ` and ${classes.length - namesShown} more` : '';
const facts = [
  name,
  `${classes.length} classes: ${names}${more}`,
  `${network.parameters.length.toLocaleString('en-US')} parameters`,
  ...(testAccuracy === null ? [] : [`right on ${(100 * testAccuracy).toFixed(2)} % of its test images`]),
];
document.title = `${name} - Lockstep`;
$('facts').textContent = facts.join(' · ');
$('digest').textContent = digest;
view.none(nothing);
