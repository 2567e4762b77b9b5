// What the page shows beside its charts: numbers, workers, events. Whatever comes from elsewhere is set as text, never as
// HTML.

import type { LoggedEvent } from '../../model/event-log.ts';
import type { PageView, PageWorker } from '../page-view.ts';
import { ago, clock, duration, grouped, loss, percent } from './format.ts';

export function byId(id: string): HTMLElement {
  return document.getElementById(id)!;
}

let state = 'connecting';
let connection: 'live' | 'lost' = 'lost';

/** A run that has ended takes its coordinator with it: then a lost stream is no news. */
export function showConnection(now: 'live' | 'lost'): void {
  connection = now;
  showState();
}

export function showView(view: PageView, events: readonly LoggedEvent[]): void {
  state = view.state;
  showState(view.reason);
  showProgress(view);
  const { train } = view.progress;
  text('trainLoss', loss(train?.loss));
  text('trainAccuracy', percent(train?.accuracy));
  text('validationLoss', loss(view.validation?.loss));
  text('validationAccuracy', percent(view.validation?.accuracy));
  const { samplesPerSecond } = view.progress;
  text('rate', samplesPerSecond === null ? '–' : grouped(samplesPerSecond));
  byId('testTile').hidden = view.test === null;
  text('testAccuracy', percent(view.test?.accuracy));
  text('name', view.run.name);
  text('facts', factsOf(view));
  showWorkers(view.workers, view.run.engine);
  showEvents(events);
}

const words: Readonly<Record<string, string>> = {
  starting: 'starting',
  waiting: 'waiting for workers',
  paused: 'paused: no workers',
  stopped: 'stopped',
  failed: 'failed',
  done: 'done',
};

function showState(reason: string | null = null): void {
  const ended = ['done', 'stopped', 'failed'].includes(state);
  const badge = byId('state');
  const lost = connection === 'lost' && !ended;
  badge.textContent = lost ? (state === 'connecting' ? 'connecting' : 'reconnecting') : (words[state] ?? state);
  badge.dataset['state'] = lost ? 'lost' : state;
  document.title = `${badge.textContent} – Lockstep`;
  const notice = byId('notice');
  if (reason !== null || connection === 'live') {
    notice.textContent = reason ?? '';
    notice.hidden = reason === null;
  } else if (!notice.hidden || lost) {
    notice.textContent = lost && state !== 'connecting' ? 'The coordinator does not answer; trying again.' : '';
    notice.hidden = notice.textContent === '';
  }
}

function showProgress({ run, progress, state: now }: PageView): void {
  const ratio = run.endStep > 0 ? Math.min(1, progress.step / run.endStep) : 0;
  byId('bar').style.width = `${100 * ratio}%`;
  byId('progress').setAttribute('aria-valuenow', String(Math.round(100 * ratio)));
  const where =
    run.endStep === 0
      ? '–'
      : `Epoch ${progress.epoch} of ${run.epochs}, step ${grouped(progress.step)} of ${grouped(run.endStep)}`;
  text('where', where);
  const ended = ['done', 'stopped', 'failed'].includes(now);
  const left = progress.secondsLeft === null || ended ? '' : `${duration(progress.secondsLeft)} left`;
  const spent = `${ended ? 'took ' : ''}${duration(progress.seconds)}${ended ? '' : ' elapsed'}`;
  text('left', left === '' ? spent : `${spent}, ${left}`);
}

function showWorkers(workers: readonly PageWorker[], engine: string): void {
  const body = byId('workers');
  const rows = new Map(
    [...body.children].map((row) => [(row as HTMLElement).dataset['id'], row as HTMLTableRowElement]),
  );
  const wanted = workers.map((worker) => {
    const row = rows.get(worker.id) ?? newRow(worker.id);
    fillRow(row, worker, engine);
    return row;
  });
  if (wanted.length !== body.children.length || wanted.some((row, i) => body.children[i] !== row)) {
    body.replaceChildren(...wanted);
  }
  const present = workers.filter((worker) => !gone(worker));
  const threads = present.reduce((sum, worker) => sum + worker.threads, 0);
  text('workerCount', `${present.length}, ${threads} thread${threads === 1 ? '' : 's'}`);
}

function newRow(id: string): HTMLTableRowElement {
  const row = document.createElement('tr');
  row.dataset['id'] = id;
  for (let cell = 0; cell < 8; cell++) row.append(document.createElement('td'));
  for (const cell of [3, 4, 5, 6]) row.cells[cell]!.className = 'number';
  ['Worker', 'Transport', 'Engine', 'Threads', 'Shards done', 'Samples/s', 'Last heard', 'State'].forEach(
    (label, i) => {
      row.cells[i]!.dataset['label'] = label;
    },
  );
  row.cells[7]!.append(document.createElement('span'));
  return row;
}

function fillRow(row: HTMLTableRowElement, worker: PageWorker, engine: string): void {
  const { name, transport, threads, wide, shards, samplesPerSecond, silentMs, reason } = worker;
  const heard = silentMs === null ? '–' : ago(silentMs);
  const speed = samplesPerSecond === null ? '–' : grouped(samplesPerSecond);
  const cells = [name, transport, wide ? `${engine}, wide` : engine, String(threads), grouped(shards), speed, heard];
  cells.forEach((value, i) => {
    const cell = row.cells[i]!;
    if (cell.textContent !== value) cell.textContent = value;
  });
  const badge = row.cells[7]!.firstChild as HTMLElement;
  // who computes and who waits changes many times a second: what a reader wants to know is whether it works
  const word =
    gone(worker) || worker.state === 'joining' || worker.state === 'leaving' ? worker.state : activity(worker);
  badge.className = 'dot';
  badge.dataset['state'] = word;
  badge.textContent = [reason === null ? word : `${word}: ${reason}`, ...rested(worker)].join(', ');
  row.classList.toggle('gone', gone(worker));
}

function activity({ samplesPerSecond }: PageWorker): string {
  return samplesPerSecond !== null && samplesPerSecond > 0 ? 'computing' : 'idle';
}

/** Of a thread whose core something else takes again and again. */
function rested({ restMs }: PageWorker): string[] {
  return restMs < 1000 ? [] : [`rested ${duration(restMs / 1000)}`];
}

function gone({ state: now }: PageWorker): boolean {
  return now === 'left' || now === 'lost';
}

let shownEvents = '';

function showEvents(events: readonly LoggedEvent[]): void {
  const key = `${events[0]?.number}-${events.at(-1)?.number}-${events.at(-1)?.atMs}`;
  if (key === shownEvents) return;
  shownEvents = key;
  const items = events.toReversed().map(({ atMs, level, text: what }) => {
    const item = document.createElement('li');
    item.dataset['level'] = level;
    const time = document.createElement('time');
    time.textContent = clock(atMs);
    const words = document.createElement('span');
    words.textContent = what;
    item.append(time, words);
    return item;
  });
  byId('events').replaceChildren(...items);
}

function factsOf({ run }: PageView): string {
  return [
    `lockstep ${run.version}`,
    `engine ${run.engine}${run.wide ? ' with wide vectors' : ''}`,
    ...(run.parameters > 0 ? [`${grouped(run.parameters)} parameters`] : []),
    `batch ${run.batchSize} in ${run.shards} shards`,
    `learning rate ${Number(run.learningRate.toPrecision(4))}`,
    `seed ${run.seed}`,
  ].join(' · ');
}

function text(id: string, value: string): void {
  const element = byId(id);
  if (element.textContent !== value) element.textContent = value;
}
