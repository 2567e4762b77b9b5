// Puts what a process of the program loads into few files: the command line into dist/src/cli.js and its parts, a computing thread
// into dist/worker/thread/thread.js. Of 200 modules each would be found, opened, read and linked by itself before the first
// step. The modules stay beside them, for the library and for whoever looks for one.

import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The modules that every run of `lockstep train` loads: they are one part, but for the one that waits for what it imports. */
const waiting = 'src/command-line.ts';
const common = loadedWith(waiting, 'src/library.ts', 'coordinator/commands/train.ts');
common.delete(join(root, waiting));

/** With all that they import, but for what is imported when it is needed. */
function loadedWith(...starts) {
  const found = new Set(starts.map((path) => join(root, path)));
  for (const path of found) {
    const text = readFileSync(path, 'utf8');
    for (const [, other] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\..*?)';$/gm)) {
      found.add(resolve(dirname(path), other));
    }
  }
  return found;
}

// what is imported only when it is needed may be there already
const checks = { ineffectiveDynamicImport: false };

/** `parts`: what is one file of its own. */
async function bundled(input, output, parts) {
  const folder = join(root, 'dist', dirname(output));
  const start = output.replace(/^.*\/|\.js$/g, '');
  for (const old of readdirSync(folder)) if (old.startsWith(`${start}-part-`)) rmSync(join(folder, old));
  // packages, and what package.json names, stay outside
  const bundle = await rolldown({
    input: join(root, input),
    platform: 'node',
    external: /^(?![./]|[A-Za-z]:)/,
    checks,
  });
  await bundle.write({
    dir: folder,
    entryFileNames: `${start}.js`,
    // beside it: modules look for other files from where they are
    chunkFileNames: `${start}-part-[name].js`,
    codeSplitting: { groups: [{ name: 'common', test: (path) => parts.has(path) }] },
  });
  await bundle.close();
}

await bundled('src/cli.ts', 'src/cli.js', common);
await bundled('worker/thread/thread.ts', 'worker/thread/thread.js', new Set());
chmodSync(join(root, 'dist/src/cli.js'), 0o755);
