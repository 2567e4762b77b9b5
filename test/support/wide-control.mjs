// For test/kernels/wide-controls.slow.ts: compiles the module that is named first as wide vectors are, and as they are not, and prints how
// often its function `compact` leaves other bytes, of how many times.

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { oppositeFlag, wideEngines } from '../../dist/src/kernels/wide-engines.js';

const bytes = readFileSync(process.argv[2]);
const [{ flags }] = wideEngines;
const asked = process.argv[3] === 'wide' ? flags : flags.slice(1);
for (const flag of asked) setFlagsFromString(flag);
const tried = new WebAssembly.Module(bytes);
for (const flag of asked) setFlagsFromString(oppositeFlag(flag));
// V8 shares the code of equal bytes: these end in a section without meaning
const narrow = new WebAssembly.Module(Buffer.concat([bytes, Buffer.from([0, 2, 1, 110])]));

const [table, image, entries, numbers] = [4096, 16_384, 32_768, 49_152];
const rounds = 200;
let different = 0;
for (let round = 0; round < rounds; round++) {
  const [one, other] = [tried, narrow].map((module) => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536, shared: true });
    const all = new Uint8Array(memory.buffer);
    for (let i = 0; i < 2048; i++) all[table + i] = (i * 7) % 251;
    for (let i = 0; i < 784; i++)
      all[image + i] = Math.imul(i + 1 + 977 * round, 0x9e3779b1) >>> 30 === 0 ? i % 256 : 0;
    const { exports } = new WebAssembly.Instance(module, { env: { memory, abort: () => {} } });
    const returned = exports.compact(table, image, 2 + (round % 40), entries, numbers);
    return { all, returned };
  });
  if (one.returned !== other.returned || Buffer.compare(one.all, other.all) !== 0) different++;
}
process.stdout.write(JSON.stringify({ different, rounds }));
