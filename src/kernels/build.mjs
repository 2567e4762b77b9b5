// Compiles src/kernels/assembly to dist/src/kernels: shared.wasm (threads, shared memory) and private.wasm (the same source
// with a memory of its own, for one thread, and for browsers without shared memory); wide.wasm is shared.wasm in the shape that
// wide vectors need (src/host/wide.ts).

import { chmodSync, existsSync, mkdirSync } from 'node:fs';
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
for (const [file, ...options] of variants) {
  const { error, stderr } = await asc.main([...common, ...options, '--outFile', `dist/src/kernels/${file}`]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
}
if (existsSync('dist/src/cli.js')) chmodSync('dist/src/cli.js', 0o755);
