// The page's beginning: it reads the coordinator's stream, keeps what it was told, and has it shown. When the stream breaks
// it connects again, and is told everything anew.

import type { CurvePoint } from '../../model/curve.ts';
import type { LoggedEvent } from '../../model/event-log.ts';
import type { ValidationPoint } from '../../model/watched-run.ts';
import type { PagePart, PageView } from '../page-view.ts';
import { Charts } from './charts.ts';
import { byId, showConnection, showView } from './render.ts';

const RETRY_MS = 3000;

const charts = new Charts([byId('lossChart'), byId('accuracyChart'), byId('rateChart')]);
let curve: CurvePoint[] = [];
let validation: ValidationPoint[] = [];
let events: LoggedEvent[] = [];
let stepsSeen = '';

function take(view: PageView): void {
  curve = merged(curve, view.curve);
  validation = merged(validation, view.validationCurve);
  const first = view.events.items[0]?.number ?? view.events.from;
  events = [
    ...(view.events.from === 0 ? [] : events.filter(({ number }) => number < first)),
    ...view.events.items,
  ].slice(-200);
  showView(view, events);
  const { epochs } = view.run;
  // drawing is the dear part, and in the background or after the end nothing moves
  const seen = [view.run.name, epochs, curve.length, view.curve.generation, validation.at(-1)?.step].join();
  if (seen !== stepsSeen) charts.show({ curve, validation });
  stepsSeen = seen;
}

function merged<T>(old: readonly T[], { from, items }: PagePart<T>): T[] {
  return [...old.slice(0, from), ...items];
}

function connect(): void {
  const stream = new EventSource('events');
  stream.onmessage = ({ data }: MessageEvent<string>) => {
    showConnection('live');
    take(JSON.parse(data) as PageView);
  };
  stream.onerror = () => {
    showConnection('lost');
    // a stream that was refused is given up by the browser
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  };
}

connect();
