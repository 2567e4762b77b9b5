// Which test images a report shows: some right ones of every class, some wrong ones, and the surest of the wrong.

import type { ImageSet } from '../data/dataset.ts';
import type { ClassNames } from '../text/class-label.ts';
import { drawnLabel } from './class-letters.ts';
import type { Tile } from './grids.ts';

export interface Judged {
  readonly predictions: ArrayLike<number>;
  readonly probabilities: Float32Array;
}

export interface Tiles {
  readonly correct: readonly Tile[];
  readonly incorrect: readonly Tile[];
  readonly surest: readonly Tile[];
}

/** A caption's letters, and the room between it and the next. */
const NAME_SIZE = 12;
const NAME_ROOM = 80;

export function tilesOf(set: ImageSet, judged: Judged, classes: number, most: number, names: ClassNames = null): Tiles {
  const { predictions, probabilities } = judged;
  const confidence = (i: number) => probabilities[i * classes + predictions[i]!]!;
  const tile = (i: number): Tile => {
    const size = set.rows * set.columns;
    return {
      pixels: set.images.slice(i * size, (i + 1) * size),
      caption: [...captionOf(names, set.labels[i]!, predictions[i]!), `${(100 * confidence(i)).toFixed(1)} %`],
    };
  };
  const all = Array.from({ length: set.count }, (_, i) => i);
  const right = all.filter((i) => predictions[i] === set.labels[i]);
  const wrong = all.filter((i) => predictions[i] !== set.labels[i]);
  // class by class in turn, so that every class is seen
  const queues = Array.from({ length: classes }, (_, label) => right.filter((i) => set.labels[i] === label));
  const correct: number[] = [];
  for (let round = 0; correct.length < most && round < set.count; round++) {
    for (const queue of queues) if (queue[round] !== undefined && correct.length < most) correct.push(queue[round]!);
  }
  const surest = [...wrong].sort((a, b) => confidence(b) - confidence(a) || a - b).slice(0, most);
  return { correct: correct.map(tile), incorrect: wrong.slice(0, most).map(tile), surest: surest.map(tile) };
}

/** Numbers fit into one line; of names, each has one of its own. */
function captionOf(names: ClassNames, label: number, prediction: number): string[] {
  const right = label === prediction;
  if (names === null) return [right ? `${label} seen as ${prediction}` : `${label} taken for ${prediction}`];
  const name = drawnLabel(names, label, NAME_SIZE, NAME_ROOM);
  return right ? [name, 'found'] : [name, `as ${drawnLabel(names, prediction, NAME_SIZE, NAME_ROOM - 16)}`];
}
