// What of a data set a user should look at before training on it: a sentence each, with the numbers that it rests on. Pure.

import type { InspectedSplit, Inspection } from '../../src/data/inspection.ts';
import { type ClassNames, classLabel } from '../../src/text/class-label.ts';
import { counted } from '../../src/text/counted.ts';

export interface Suspicion {
  /** What a program may ask for. */
  readonly kind: 'blank' | 'shared' | 'repeated' | 'contradicting' | 'unequal' | 'absent' | 'dim' | 'data';
  readonly message: string;
}

/** The largest class may have so many times the images of the smallest. */
const MOST_UNEQUAL = 10;
/** Of 255: with a brightest pixel below that, the range was most likely another one. */
const DIM = 128;

const adjective = { train: 'training', validation: 'validation', test: 'test' } as const;

export function suspicionsOf({ splits, pixels, duplicates }: Inspection, names: ClassNames): Suspicion[] {
  return [
    ...splits.flatMap((split) => blankIn(split, names)),
    ...sharedBetween(splits, duplicates.shared),
    ...splits.flatMap(({ name }, i): Suspicion[] => {
      const count = duplicates.repeated[i]!;
      if (count === 0) return [];
      const message = `${imagesOf(count, name)} ${count === 1 ? 'was' : 'were'} there before, pixel by pixel, in the same split`;
      return [{ kind: 'repeated', message }];
    }),
    ...contradictions(duplicates.contradicting),
    ...unequal(splits[0]!, names),
    ...splits.slice(1).flatMap((split) => absentFrom(split, splits[0]!, names)),
    ...dim(pixels),
  ];
}

function blankIn({ name, blank, set }: InspectedSplit, names: ClassNames): Suspicion[] {
  if (blank.length === 0) return [];
  const shown = blank.slice(0, 3).map((image) => {
    const grey = set.images[image * set.rows * set.columns]!;
    return `${image} (${grey === 0 ? 'black' : grey === 255 ? 'white' : `grey, ${grey}`}, class ${classLabel(names, set.labels[image]!)})`;
  });
  const more = blank.length > shown.length ? ` and ${blank.length - shown.length} more` : '';
  const are = blank.length === 1 ? 'shows nothing, and is' : 'show nothing, and are';
  return [
    {
      kind: 'blank',
      message: `${imagesOf(blank.length, name)} ${are} of one colour all over: number ${shown.join(', ')}${more}`,
    },
  ];
}

function sharedBetween(splits: readonly InspectedSplit[], shared: Inspection['duplicates']['shared']): Suspicion[] {
  return splits.flatMap(({ name }, i) =>
    splits.slice(0, i).flatMap((other, j): Suspicion[] => {
      const { count, first } = shared[i]![j]!;
      if (first === null) return [];
      const example = `the first is ${adjective[name]} image ${first.image}, which is ${adjective[other.name]} image ${first.other}`;
      const message = `${imagesOf(count, name)} ${count === 1 ? 'is' : 'are'} among the ${adjective[other.name]} images too, pixel by pixel: what is measured on ${count === 1 ? 'it' : 'them'} says little. ${capital(example)}`;
      return [{ kind: 'shared', message }];
    }),
  );
}

function contradictions(count: number): Suspicion[] {
  if (count === 0) return [];
  const message =
    count === 1
      ? '1 picture stands there several times, with different labels'
      : `${count} pictures stand there several times, each with different labels`;
  return [{ kind: 'contradicting', message }];
}

function unequal({ counts }: InspectedSplit, names: ClassNames): Suspicion[] {
  const present = counts.map((count, label) => ({ count, label })).filter(({ count }) => count > 0);
  const most = present.reduce((a, b) => (b.count > a.count ? b : a));
  const least = present.reduce((a, b) => (b.count < a.count ? b : a));
  if (most.count <= MOST_UNEQUAL * least.count) return [];
  const of = ({ count, label }: { count: number; label: number }) =>
    `class ${classLabel(names, label)} has ${counted(count, 'training image')}`;
  return [
    { kind: 'unequal', message: `The classes are very unequal: ${of(most)}, ${of(least)}. Accuracy alone says little` },
  ];
}

/** Classes that are trained, and that this split cannot tell about. */
function absentFrom({ name, counts }: InspectedSplit, train: InspectedSplit, names: ClassNames): Suspicion[] {
  const absent = counts.flatMap((count, label) => (count === 0 && train.counts[label]! > 0 ? [label] : []));
  if (absent.length === 0) return [];
  const shown = absent.slice(0, 5).map((label) => classLabel(names, label));
  const more = absent.length > shown.length ? ` and ${absent.length - shown.length} more` : '';
  const message = `There are no ${adjective[name]} images of ${absent.length === 1 ? 'class' : 'the classes'} ${shown.join(', ')}${more}`;
  return [{ kind: 'absent', message }];
}

function dim({ most }: Inspection['pixels']): Suspicion[] {
  if (most >= DIM) return [];
  const mend = most === 0 ? 'all is black' : `if that is as bright as they can be, --pixel-max ${most} spreads them`;
  return [{ kind: 'dim', message: `The brightest pixel of all is ${most} of 255: ${mend}` }];
}

function imagesOf(count: number, name: InspectedSplit['name']): string {
  return counted(count, `${adjective[name]} image`);
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
