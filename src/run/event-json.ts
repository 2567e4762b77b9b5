// Events as lines of JSON, for other programs (EVENTS.md is the contract). Pure. Knows nothing of where they are written.

import { jsonText } from './disk-records.ts';
import type { TrainEvent } from './events.ts';

/** Of the lines: higher where a field or a type is taken away or means something else, not where one is added. */
const VERSION = 1;

/** Without its line break. */
export function eventJson(event: TrainEvent): string {
  return jsonText({ v: VERSION, ...event });
}

/** In place of events that nobody read in time. */
export function leftOutJson(events: number): string {
  return jsonText({ v: VERSION, type: 'leftOut', events });
}
