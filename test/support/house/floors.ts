// The rooms of the house, floor by floor, and what happens in each: the one table that the imports are held to
// (layering.test.ts) and ARCHITECTURE.md's picture is drawn from.

import { buildings } from './house.ts';

/**
 * From the ground up. A room imports from floors below its own only; rooms of one floor know nothing of each other. A room is
 * a folder, or a file that lies in none.
 */
export const floors: readonly Readonly<Record<string, string>>[] = [
  {
    'src/error-codes.ts': 'every kind of fault, by its code',
    'src/numerics.ts': 'the version of the arithmetic',
    'src/random.ts': 'random numbers with an address',
    'src/sums.ts': 'sums inside, means at the edge',
    'src/tree.ts': 'the one tree that gradients are added in',
  },
  {
    'src/errors.ts': 'what went wrong, why, and what mends it; the exit codes',
    'src/engine.ts': 'what an engine is',
  },
  {
    'src/data': 'the bytes of a data set, and which samples a shard holds',
    'src/parquet': 'Parquet files, as far as pictures with labels need it',
    'src/text': 'text for and from people',
  },
  {
    'src/model': 'the network, its first parameters, the learning rate',
    'src/image': 'a picture of a digit, brought into the form of the training data',
    'src/wire': 'what coordinator and node say to each other',
    'src/launch': 'which of the processes that a launcher started this is, and where they meet',
  },
  {
    'src/formats': 'models and figures as other programs read them',
    'src/figures': 'charts and the report as text and pixels',
    'src/options': 'what may be asked for, and how',
    'src/kernels': 'the memory that threads share, and what computes in it',
    'src/kernels/assembly': 'the arithmetic, compiled to WebAssembly (AssemblyScript)',
  },
  {
    'src/run': 'a run as data: where it stands, what it tells, what it leaves',
    'src/wiring.ts': 'what the entries hand to the buildings',
    'src/host/files': 'reading files, and why one cannot be read',
    'src/host/process': 'the signals and streams of a process, and its end',
  },
  {
    'src/host/data': 'data sets as others keep them: what lies at a path, opened and read',
    'src/host/http': 'the one HTTP server, and what strangers may take of it',
    'src/command.ts': 'what a command is to the command line',
  },
  {
    'src/host': 'the machine: clock, limits, threads, exposition of metrics',
    'src/completion': 'what a shell completes of the command line',
  },
  {
    'coordinator/step': 'one step, decided: who computes what, again and by whom',
    'coordinator/audit': 'whose answers are computed again, and what follows',
    'coordinator/executors': 'who computes: the plain loop, or threads',
    'coordinator/run-folder': 'a run on the disk',
    'worker/engines': 'parameters and a shard -> a tree node',
    'worker/node': 'a node, from its first connection to its last',
  },
  {
    'coordinator/cluster': 'who computes: threads and nodes',
    'coordinator/watch/model': 'what is known of a run by watching it',
    'coordinator/speed': 'how fast a machine was found to be, and what follows for a cluster',
    'coordinator/drawing-page': 'the page that an export puts a model into',
    'coordinator/evaluation': 'a trained model on labelled images',
    'worker/thread': 'the loop of a computing thread',
    'worker/command.ts': '`lockstep worker`',
    'worker/rank.ts': '`lockstep train` in what a launcher started as rank 1 or more',
  },
  {
    'coordinator/watch/metrics': 'how Prometheus is told',
    'coordinator/watch/live-page': 'how the live page is told',
    'coordinator/drawing-page/client': 'the page that runs a model on drawings, in the browser',
    'coordinator/watch/tensorboard': 'how TensorBoard is told',
    'coordinator/report': 'figures and report.html of a run',
  },
  {
    'coordinator/watch': 'a run, watched',
    'coordinator/watch/live-page/client': 'the live page, in the browser',
  },
  { 'coordinator/training': 'the loop, and all that a run needs around it' },
  {
    'coordinator/train-and-report.ts': 'a run, and what it leaves for people',
    'coordinator/bench': 'how fast this machine is, measured',
    'coordinator/replay': 'the state of a run at any of its steps, computed again',
  },
  { 'coordinator/commands': 'what can be typed' },
  { 'src/library.ts': 'entry: as a library' },
  { 'src/command-line.ts': 'entry: the command line, read and answered' },
  { 'src/cli.ts': 'entry: the first lines of the process' },
  { 'src/build.mjs': 'puts what a process of the program loads into few files' },
];

/** The files by which one comes in from outside: they may wire all buildings together, and nobody imports them. */
export const entries = ['src/cli.ts', 'src/command-line.ts', 'src/library.ts'] as const;

/** The house from its roof to its ground, a column for each building. */
export function drawnHouse(): string {
  const rows = floors.map((floor, level) => {
    const cells = buildings.map((building) => {
      const here = Object.keys(floor).filter((room) => room.startsWith(`${building}/`));
      return here.map((room) => signOf(room, building)).join('  ');
    });
    return [String(level), ...cells];
  });
  const table = [['', ...buildings.map((building) => `${building}/`)], ...rows.reverse()];
  const widths = buildings.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ');
  return table.map((row) => line(row).trimEnd()).join('\n');
}

/** All rooms and what happens in them, from the ground up. */
export function listedRooms(): string {
  const rows = floors.flatMap((floor, level) => Object.entries(floor).map(([room, what]) => ({ level, room, what })));
  const written = rows.map(({ level, room, what }) => `| ${level} | ${isFile(room) ? room : `${room}/`} | ${what} |`);
  return ['| floor | room | what happens in it |', '| ---: | --- | --- |', ...written].join('\n');
}

function signOf(room: string, building: string): string {
  const name = room.slice(building.length + 1);
  return isFile(name) ? name : `${name}/`;
}

function isFile(room: string): boolean {
  return room.endsWith('.ts');
}
