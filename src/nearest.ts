// The known name that is nearest to a misspelt one. The one door to leven; knows nothing of what the names are for.

import { closestMatch } from 'leven';

/** A sentence that names the nearest of `known`, or all of them where none is near enough to be what was meant. */
export function didYouMean(unknown: string, known: readonly string[]): string {
  const maxDistance = Math.max(2, Math.ceil(unknown.length / 2));
  const nearest = closestMatch(unknown, known, { maxDistance });
  return nearest === undefined ? `Known are: ${known.join(', ')}` : `Did you mean ${nearest}?`;
}
