// `npm start` from built trees, of this build and of an earlier one in turn: wall time, processor time of all its processes, most
// memory of one of them, and how long the first epoch takes beside the median of the others. It asserts nothing. Linux, with
// GNU time.
// npm run bench:start -- [--before DIR] [--rounds 5] [--bare] [-- FLAGS of lockstep train]; DIR is a built tree; --bare: the program
// without npm around it

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './measured-process.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    before: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    bare: { type: 'boolean', default: false },
  },
});
const trees = new Map([['now', fileURLToPath(new URL('../..', import.meta.url))]]);
if (values.before !== undefined) trees.set('before', resolve(values.before));

function measured(tree) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  try {
    const out = join(folder, 'run');
    const started = values.bare ? ['node', 'dist/src/cli.js', 'train'] : ['npm', 'start', '--silent', '--'];
    const time = join(folder, 'time');
    const command = ['-f', '%e %U %S %M', '-o', time, ...started, ...positionals, '--out', out];
    const { status, stderr } = spawnSync('/usr/bin/time', command, { cwd: tree, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const [wall, user, system, kilobytes] = readFileSync(time, 'utf8').trim().split(' ').map(Number);
    const { epochs } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    const [first, ...others] = epochs.map(({ seconds }) => seconds);
    return { wall, processor: user + system, memory: kilobytes / 1024, first: first / median(others) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const columns = { wall: 's', processor: 's of processor time', memory: 'MB', first: 'first epoch : others' };
const told = (values, digits) => values.map((value) => value.toFixed(digits)).join(' ');
const found = new Map([...trees.keys()].map((name) => [name, []]));
console.log(`load ${loadavg()[0].toFixed(1)}`);
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, tree] of trees) {
    const one = measured(tree);
    found.get(name).push(one);
    console.log(`${name.padEnd(7)}${told(Object.values(one), 2)}`);
  }
}
for (const [column, unit] of Object.entries(columns)) {
  for (const [name, all] of found) {
    const each = all.map((one) => one[column]);
    console.log(
      `${name.padEnd(7)}${unit}: median ${median(each).toFixed(2)} (${told([Math.min(...each), Math.max(...each)], 2)})`,
    );
  }
  const before = found.get('before');
  if (before === undefined || column === 'first') continue;
  const ratios = found.get('now').map((one, i) => one[column] / before[i][column]);
  console.log(`now : before ${median(ratios).toFixed(3)} (${told([Math.min(...ratios), Math.max(...ratios)], 3)})`);
}
console.log(`load ${loadavg()[0].toFixed(1)}`);
