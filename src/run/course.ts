// The course of a run: which facts decided the bits of which of its steps, told from what it ended with and what was changed on
// the way. Pure.

import type { Recorded } from './differences.ts';
import type { Change, Facts } from './run-record.ts';

/** Steps with the same facts: from `from` to where the next part begins. */
export interface CoursePart {
  readonly from: number;
  readonly facts: Facts;
}

/** In the order of their steps; the first begins at step 0. Where data or engine changed, the facts say so, and no more. */
export function courseOf({ facts, changes }: Recorded): readonly CoursePart[] {
  const parts: CoursePart[] = [];
  let known = facts;
  for (const change of [...changes].reverse()) {
    if (parts[0]?.from !== change.step) parts.unshift({ from: change.step, facts: known });
    known = before(known, change);
  }
  if (parts[0]?.from !== 0) parts.unshift({ from: 0, facts: known });
  return parts;
}

/** The part that decides step `step`. */
export function partAt(course: readonly CoursePart[], step: number): CoursePart {
  return course.findLast(({ from }) => from <= step) ?? course[0]!;
}

/** The parts that the steps from `from` to before `to` lie in. */
export function partsBetween(course: readonly CoursePart[], from: number, to: number): readonly CoursePart[] {
  const first = partAt(course, from);
  return course.filter((part) => part === first || (part.from > from && part.from < to));
}

/** Facts as they were before a change. */
function before({ config, engine, dataDigest }: Facts, { name, from }: Change): Facts {
  if (name === 'data') return { config, engine, dataDigest: String(from) };
  const changed = { ...config, [name]: from };
  return { config: changed, engine: name === 'engine' ? String(from) : engine, dataDigest };
}
