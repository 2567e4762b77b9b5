// A package in the place of tfjs-node, with its binding or without.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a package that stands where tfjs-node would; its main file is `main`. */
export async function writeTfjsPackage(folder: string, main: string | null, binding: boolean): Promise<void> {
  const place = join(folder, 'node_modules/@tensorflow/tfjs-node');
  await mkdir(join(place, 'lib/napi-v8'), { recursive: true });
  await writeFile(join(place, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node', main: 'index.js' }));
  if (main !== null) await writeFile(join(place, 'index.js'), main);
  if (binding) await writeFile(join(place, 'lib/napi-v8/tfjs_binding.node'), '');
}
