// Where tests stand: those of a room in the folder of its name, those of the whole program in folders of their own. Each rule
// takes a house and returns its complaints.

import { posix } from 'node:path';
import { floors } from './floors.ts';
import type { House } from './house.ts';

/** Folders of test/ that are no room's. CONTRIBUTING.md says what each is for. */
const ofTheWhole: readonly string[] = [
  ...['promise', 'scenarios', 'cluster', 'run-folders', 'watch', 'command-line', 'accuracy', 'deploy'],
  ...['golden', 'generate', 'support', 'bench'],
];

/** Of the house itself. */
const ofTheHouse = /^test\/(layering(-\w+)?|papers)\.test\.ts$/;

/** Rooms without tests of their own, and where they are tried instead; null: types only. */
const triedElsewhere: Readonly<Record<string, string | null>> = {
  'src/sums.ts': 'test/promise',
  'src/errors.ts': 'test/error-codes.test.ts',
  'src/numerics.ts': 'test/promise/golden-digest.test.ts',
  'src/engine.ts': null,
  'src/wiring.ts': null,
  'src/command.ts': 'test/command-line',
  'src/kernels/assembly': 'test/kernels',
  'src/library.ts': 'test/promise',
  'src/command-line.ts': 'test/command-line',
  'src/cli.ts': 'test/command-line/signals.slow.ts',
  'src/build.mjs': 'test/command-line/cli.slow.ts',
  'coordinator/train-and-report.ts': 'test/command-line/report.slow.ts',
  'coordinator/drawing-page/client': 'test/coordinator/drawing-page',
  'worker/command.ts': 'test/cluster/command-line.slow.ts',
  'worker/rank.ts': 'test/cluster/launcher.slow.ts',
};

export function testsStandWithTheirRooms(
  house: House,
  plan = floors,
  elsewhere = triedElsewhere,
  whole = ofTheWhole,
): readonly string[] {
  const rooms = plan.flatMap((floor) => Object.keys(floor));
  const tests = [...house.texts.keys()].filter((path) => /^test\/.*\.(test|slow)\.ts$/.test(path));
  const tried = new Set(tests.flatMap((path) => roomsTriedBy(path)));
  const lost = tests.filter((path) => {
    const [folder] = path.slice('test/'.length).split('/');
    if (ofTheHouse.test(path) || whole.includes(folder!)) return false;
    return !roomsTriedBy(path).some((room) => rooms.includes(room));
  });
  const untried = rooms.filter((room) => !tried.has(room) && elsewhere[room] === undefined);
  const needless = Object.keys(elsewhere).filter((room) => tried.has(room) || !rooms.includes(room));
  const paths = [...house.texts.keys()];
  const gone = Object.values(elsewhere).filter(
    (path) => path !== null && !paths.some((one) => one === path || one.startsWith(`${path}/`)),
  );
  return [
    ...lost.map((path) => `${path} stands where no room is: it tries none, or one of another folder`),
    ...untried.map((room) => `${room} has no tests, and nothing says where it is tried`),
    ...needless.map((room) => `${room} has tests of its own, or is gone: nothing need say where it is tried`),
    ...gone.map((path) => `${path} is to try a room, and is not there`),
  ];
}

/** The rooms that a test may be of, by where it stands: a folder's, or a file's that lies in none. */
function roomsTriedBy(path: string): readonly string[] {
  const place = posix.dirname(path).replace(/^test\/?/, '');
  const room = place === '' ? `${posix.basename(path).replace(/\.(test|slow)\.ts$/, '')}.ts` : place;
  return [room, `src/${room}`];
}

/** Newcomers find in CONTRIBUTING.md what the folders are for that no room explains. */
export function foldersAreExplained(house: House, whole = ofTheWhole): readonly string[] {
  const map = house.texts.get('CONTRIBUTING.md') ?? '';
  const explained = [...map.matchAll(/^\| test\/([\w-]+)\/ \|/gm)].map(([, folder]) => folder!);
  return [
    ...whole
      .filter((folder) => !explained.includes(folder))
      .map((folder) => `CONTRIBUTING.md does not explain test/${folder}/`),
    ...explained
      .filter((folder) => !whole.includes(folder))
      .map((folder) => `CONTRIBUTING.md explains test/${folder}/, which is a room's`),
  ];
}
