// Compiles src/kernels/assembly to dist/src/kernels: shared.wasm (threads, shared memory) and private.wasm (the same source
// with a memory of its own, for one thread, and for browsers without shared memory); wide.wasm is shared.wasm in the shape that
// wide vectors need (src/host/wide.ts). Does nothing where these were built from the same sources by the same compiler.

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('../../', import.meta.url));
process.chdir(root);
mkdirSync('dist/src/kernels', { recursive: true });
const common = [
  'src/kernels/assembly/index.ts',
  '--runtime',
  'stub',
  '-O3',
  '--noAssert',
  '--converge',
  '--enable',
  'simd,bulk-memory',
  '--importMemory',
  '--initialMemory',
  '2',
];
const shared = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];
const variants = [['shared.wasm', ...shared], ['wide.wasm', ...shared, '--use', 'WIDE_VECTORS=1'], ['private.wasm']];

const sources = readdirSync('src/kernels/assembly', { recursive: true }).filter((path) => path.endsWith('.ts'));
const assembly = sources.sort().map((path) => `src/kernels/assembly/${path}`);
// the compiler's version stands in package-lock.json
const read = ['src/kernels/build.mjs', 'package-lock.json', ...assembly];
const hash = createHash('sha256');
for (const path of read) hash.update(`${path}\n`).update(readFileSync(path));
const inputs = hash.digest('hex');
const builtFrom = 'dist/src/kernels/built-from';
const isBuilt = () =>
  existsSync(builtFrom) &&
  readFileSync(builtFrom, 'utf8') === inputs &&
  variants.every(([file]) => existsSync(`dist/src/kernels/${file}`));

for (const [file, ...options] of isBuilt() ? [] : variants) {
  rmSync(builtFrom, { force: true });
  const { error, stderr } = await asc.main([...common, ...options, '--outFile', `dist/src/kernels/${file}`]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
}
writeFileSync(builtFrom, inputs);
if (existsSync('dist/src/cli.js')) chmodSync('dist/src/cli.js', 0o755);
