// How fast this machine multiplies and adds four float32 values at a time in WebAssembly, on data that lie in a cache: the limit
// that the kernels are held to. A loop of loads, multiplications and additions (SIMD128 has no FMA), compiled on the spot.

import { existsSync, readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/** How many sums stay in registers; which number is best differs by engine, so all are tried. */
const widths = [4, 6, 7, 8, 12];

function sourceOf(width) {
  const each = (write) => Array.from({ length: width }, (_, i) => write(i)).join('\n');
  return `export function by${width}(end: usize, rounds: i32): f32 {
    const value = f32x4.splat(1.0000001);
    ${each((i) => `let s${i} = f32x4.splat(0);`)}
    for (let round = 0; round < rounds; round++) {
      for (let at: usize = 0; at < end; at += ${width * 16}) {
        ${each((i) => `s${i} = f32x4.add(s${i}, f32x4.mul(value, v128.load(at, ${i * 16})));`)}
      }
    }
    ${each((i) => (i > 0 ? `s0 = f32x4.add(s0, s${i});` : ''))}
    return f32x4.extract_lane(s0, 0);
  }`;
}

async function compiled() {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'loop.ts',
      '--outFile',
      'loop.wasm',
      '--runtime',
      'stub',
      '-O3',
      '--noAssert',
      '--enable',
      'simd',
      '--initialMemory',
      '1024',
    ],
    {
      readFile: (name) => (name === 'loop.ts' ? widths.map(sourceOf).join('\n') : null),
      writeFile: (_, contents) => {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${stderr.toString()}\n${error.message}`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { abort() {} } });
  new Float32Array(exports.memory.buffer).fill(1e-3);
  return exports;
}

/** Bytes of the first core's data cache of that level; `otherwise` where the system does not say. */
export function cacheBytes(level, otherwise) {
  for (let index = 0; ; index++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}/`;
    if (!existsSync(folder)) return otherwise;
    const read = (name) => readFileSync(folder + name, 'utf8').trim();
    if (read('level') === String(level) && read('type') !== 'Instruction')
      return Number.parseInt(read('size'), 10) * 1024;
  }
}

/**
 * Returns a function that measures: nanoseconds of a multiply-add of four values, on `bytes` of data, by the best loop. The
 * shortest time counts: a limit is what the machine can do, not what it does beside others.
 */
export async function multiplyAddTimer() {
  const exports = await compiled();
  return (bytes) => {
    const times = widths.flatMap((width) => {
      const end = Math.floor(bytes / (width * 16)) * width * 16;
      const rounds = Math.ceil(16e6 / end);
      const loop = exports[`by${width}`];
      return Array.from({ length: 40 }, () => {
        const began = performance.now();
        loop(end, rounds);
        return ((performance.now() - began) * 1e6) / ((end / 16) * rounds);
      });
    });
    return Math.min(...times);
  };
}
