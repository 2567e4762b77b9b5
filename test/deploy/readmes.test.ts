// Every command of README.md, of the pages beside the program and of those under deploy/ is run by a test, which names it, or says
// why none can.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { blocksOf, isShell } from '../support/readme-commands.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `testText`: the text of a test by its path; null: there is none. */
function unproven(markdown: string, testText: (path: string) => string | null): string[] {
  const names = new Set<string>();
  return blocksOf(markdown)
    .filter(isShell)
    .flatMap(({ line, runBy, notRun }) => {
      if (notRun !== null) return [];
      if (runBy === null)
        return [`line ${line}: neither "run by TEST: NAME" nor "not run here: REASON" stands before it`];
      const { test, name } = runBy;
      const key = `${test}: ${name}`;
      if (names.has(key)) return [`line ${line}: ${name} is there twice`];
      names.add(key);
      const text = testText(test);
      if (text === null) return [`line ${line}: ${test} is not there`];
      return text.includes(`'${name}'`) ? [] : [`line ${line}: ${test} does not run '${name}'`];
    });
}

const readText = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null);

const pagesIn = (folder: string) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}/README.md`);

const readmes = [
  'README.md',
  'deploy/README.md',
  'worker/engines/TFJS.md',
  ...['deploy', 'coordinator', 'src', 'worker'].flatMap(pagesIn),
].filter((path) => existsSync(join(root, path)));

test('there are some', () => {
  expect(readmes.length).toBeGreaterThan(15);
});

test.each(readmes)('%s', (path) => {
  expect(unproven(readText(path)!, readText)).toEqual([]);
});

test('of a bad README the rule complains', () => {
  const text = [
    '<!-- run by a.ts: first -->',
    '```sh\nls\n```',
    'And then:\n```\nls\n```',
    '<!-- run by a.ts: first -->\n\n```bash\nls\n```',
    '<!-- run by a.ts: other -->\n```bash\nls\n```',
    '<!-- run by b.ts: other -->\n```bash\nls\n```',
    '<!-- not run here:  -->\n```bash\nls\n```',
    '<!-- not run here: needs two machines -->\n```bash\nls\n```',
    '```yaml\na: 1\n```',
  ].join('\n');
  expect(unproven(text, (path) => (path === 'a.ts' ? "run('first')" : null))).toEqual([
    'line 6: neither "run by TEST: NAME" nor "not run here: REASON" stands before it',
    'line 11: first is there twice',
    "line 15: a.ts does not run 'other'",
    'line 19: b.ts is not there',
    'line 23: neither "run by TEST: NAME" nor "not run here: REASON" stands before it',
  ]);
});

test('a block in a list loses its indentation, and no more', () => {
  const [block] = blocksOf('- so:\n  ```sh\n  if true; then\n    ls\n\n  fi\n  ```\n');
  expect(block).toMatchObject({ line: 2, language: 'sh', text: 'if true; then\n  ls\n\nfi' });
});
