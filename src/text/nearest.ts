// The known name that is nearest to a misspelt one. The one door to leven; knows nothing of what the names are for.

import { closestMatch } from 'leven';

/** A sentence that names the nearest of `known`, or all of them where none is near enough to be what was meant. */
export function didYouMean(unknown: string, known: readonly string[]): string {
  const nearest = nearestOf(unknown, known);
  return nearest === undefined ? `Known are: ${known.join(', ')}` : `Did you mean ${nearest}?`;
}

/** undefined: none of `known` is near enough to be what was meant. */
export function nearestOf(unknown: string, known: readonly string[]): string | undefined {
  return closestMatch(unknown, partsOf(unknown, known)) ?? closestMatch(unknown, known, { maxDistance: near(unknown) });
}

/** "batch" means "batchSize", though many a short name takes fewer edits. */
function partsOf(unknown: string, known: readonly string[]): string[] {
  return known.filter((name) => bare(name).includes(bare(unknown)) || bare(unknown).includes(bare(name)));
}

/** Half of the letters may be wrong; dashes in front are no letters. */
function near(unknown: string): number {
  return Math.ceil(bare(unknown).length / 2);
}

function bare(name: string): string {
  return name.replace(/^-+/, '').toLowerCase();
}
