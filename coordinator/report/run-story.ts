// What a report tells of the processes that trained a run: who computed, what happened to them, and where they ran. Words
// only.

import type { Section } from '../../src/figures/report-page.ts';
import type { Environment, ProcessLog } from '../run-folder/process-log.ts';

type Row = readonly [string, string];

/** `processes`: all that is known of, the oldest first; `omitted`: how many behind the first were not kept. */
export function whatHappened(processes: readonly ProcessLog[], omitted = 0): Pick<Section, 'text' | 'rows'> {
  const [first] = processes;
  if (first === undefined) return { text: 'The run folder has no log.json to be read, so nothing is known of them.' };
  const alone = processes.length === 1;
  const who = alone
    ? `Computed by ${hands(first.environment)}.`
    : `Computed by ${processes.length + omitted} processes, one after the other; times count from the start of each.`;
  const lost = first.resumed ? ' The run was begun before that, by processes of which nothing is known.' : '';
  const rows = processes.flatMap((one, i): Row[] => [
    ...(omitted === 0 || i !== 1 ? [] : [['', `${omitted} processes more were not kept.`] as const]),
    ...(alone
      ? []
      : [[`Process ${numberOf(i, omitted)}`, `Begun ${one.started}: ${hands(one.environment)}.`] as const]),
    ...(one.clockShiftSeconds === undefined ? [] : [['', clockSetBack(one.clockShiftSeconds)] as const]),
    ...one.events.map(({ seconds, message }): Row => [`${seconds.toFixed(1)} s`, message]),
    ...(one.omitted === 0 ? [] : [['', `${one.omitted} more, in the middle of these, were not kept.`] as const]),
    ...(one.ended === 'done' && alone ? [] : [['', ending(one.ended)] as const]),
  ]);
  if (rows.length === 0) return { text: `${who}${lost} Nothing happened to them.` };
  return { text: `${who}${lost}`, rows };
}

function clockSetBack(seconds: number): string {
  return `The machine's clock stood ${seconds.toFixed(0)} s before the end of the process before; times go on from there.`;
}

/** Where it was computed: a row a fact for one process, a row a process for several. */
export function whereItRan(processes: readonly ProcessLog[], omitted = 0): Row[] {
  if (processes.length > 1) {
    return processes.map(({ environment }, i) => [
      `Process ${numberOf(i, omitted)}`,
      facts(environment)
        .map(([, value]) => value)
        .join('; '),
    ]);
  }
  return processes.flatMap(({ started, environment }) => [['Started', started] as const, ...facts(environment)]);
}

/** 1-based: those that were not kept came behind the first. */
function numberOf(i: number, omitted: number): number {
  return i === 0 ? 1 : i + 1 + omitted;
}

function facts({ program, node, system, processor, cores, memoryBytes, wide = false }: Environment): Row[] {
  return [
    ['Program', `lockstep ${program}, Node ${node}`],
    ['System', system],
    ['Processor', `${processor}, ${cores} cores`],
    ...(wide ? [['Vectors', 'wide: 256 bits'] as const] : []),
    ['Memory', `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`],
  ];
}

function hands({ threads, nodes }: Environment): string {
  const joined = 'nodes that joined over the network';
  // where nodes take part the coordinator computes with its threads, if it has any
  if (threads === 0) return nodes ? joined : 'the coordinator itself, inline';
  const own = `${threads === 1 ? 'one thread' : `${threads} threads`} of this machine`;
  return nodes ? `${own} and ${joined}` : own;
}

function ending(ended: string | null): string {
  if (ended === null) return 'How it ended is not known: it was killed, or its machine stopped.';
  return ended === 'done' ? 'It finished the run.' : `It ended: ${ended.replace(/\.?$/, '.')}`;
}
