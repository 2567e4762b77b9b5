// What is written about the house is true of it, here and in the package that npm publishes; and of a bad house the rules
// complain.

import { describe, expect, test } from 'vitest';
import { listedEvents } from './generate/events.ts';
import { drawnHouse, listedRooms } from './support/house/floors.ts';
import { houseOf, readHouse } from './support/house/house.ts';
import {
  citedDocumentsAreThere,
  deployHoldsNoSources,
  linksResolve,
  namedFilesAreThere,
  referencesAreDefined,
} from './support/house/papers.ts';

const house = readHouse();

describe('this repository', () => {
  test.each([linksResolve, referencesAreDefined, citedDocumentsAreThere, namedFilesAreThere])('%o', (rule) => {
    expect(rule(house)).toEqual([]);
  });
});

test('ARCHITECTURE.md shows the rooms as the imports are held to them', async () => {
  const [before, after] = ['<!-- drawn from test/support/house/floors.ts: npm run generate -->\n', '<!-- end -->\n'];
  const text = house.texts.get('ARCHITECTURE.md')!;
  const head = text.slice(0, text.indexOf(before));
  const tail = text.slice(text.indexOf(after) + after.length);
  const rooms = `\n\`\`\`\n${drawnHouse()}\n\`\`\`\n\n${listedRooms()}\n\n`;
  await expect(`${head}${before}${rooms}${after}${tail}`).toMatchFileSnapshot('../ARCHITECTURE.md');
});

test('EVENTS.md lists the events as their types have them', async () => {
  const [before, after] = ['<!-- drawn from events.ts: npm run generate -->\n', '<!-- end -->\n'];
  const text = house.texts.get('src/run/EVENTS.md')!;
  const head = text.slice(0, text.indexOf(before));
  const tail = text.slice(text.indexOf(after) + after.length);
  await expect(`${head}${before}\n${listedEvents()}\n${after}${tail}`).toMatchFileSnapshot('../src/run/EVENTS.md');
});

test('CONTRIBUTING.md says of each dependency why it is there', () => {
  const stated = JSON.parse(house.texts.get('package.json')!);
  const { dependencies, optionalDependencies, devDependencies } = stated;
  const text = house.texts.get('CONTRIBUTING.md')!;
  const rows = text.slice(text.indexOf('\n## Dependencies')).matchAll(/^\| `([^`]+)` \| \S.* \|$/gm);
  const names = [dependencies, optionalDependencies, devDependencies].flatMap(Object.keys);
  expect([...rows].map(([, name]) => name)).toEqual(names);
});

describe('of a bad house the rules complain', () => {
  test('links', () => {
    const texts = {
      'README.md':
        '[a](src/gone.ts) [b](#no-such) [c](docs/SECURITY.md#what-is-there) [d](https://x.y) `[e](gone)`\n# There\n',
      'docs/SECURITY.md': '## What *is* there?\n[up](../README.md#there) [gone](../README.md#where) [folder](../docs/)',
    };
    expect(linksResolve(houseOf(texts))).toEqual([
      'README.md links src/gone.ts, which is not there',
      'README.md links #no-such, but no heading there has that name',
      'docs/SECURITY.md links ../README.md#where, but no heading there has that name',
    ]);
    expect(linksResolve(houseOf(texts), (path) => path === 'README.md')).toContain(
      'README.md links docs/SECURITY.md#what-is-there, which is not there',
    );
  });

  test.each([
    '[a](gone.md "title")',
    "[a](gone.md 'title')",
    '[a](<gone.md>)',
    '![a](gone.md)',
    '[![a](there.md)](gone.md)',
    '[a][b]\n\n[b]: gone.md',
    '[a]\n\n[a]: <gone.md> "title"',
    '<a href="gone.md">a</a>',
    "<a class='x' href='gone.md'>a</a>",
    '<img alt="a" src="gone.md">',
    '<img\n  src=gone.md />',
  ])('links: %s', (text) => {
    const links = (one: string) => linksResolve(houseOf({ 'docs/a.md': one, 'docs/there.md': '' }));
    expect(links(text)).toEqual(['docs/a.md links gone.md, which is not there']);
    expect(links(text.replace('gone.md', 'there.md'))).toEqual([]);
    expect(links(text.replace('gone.md', 'https://x.y/gone.md'))).toEqual([]);
  });

  test('references', () => {
    const text = '[a][b] [c][] [d][D]\n[d]: there.md\n`[e][f]`\n```\n[g][h]\n```\n';
    expect(referencesAreDefined(houseOf({ 'a.md': text }))).toEqual([
      'a.md links [b], which it does not define',
      'a.md links [c], which it does not define',
    ]);
  });

  test('documents', () => {
    // in pieces, or this file would cite it
    const text = `// See ${'GONE'}.md and README.md`;
    expect(citedDocumentsAreThere(houseOf({ 'test/a.ts': text, 'README.md': '' }))).toEqual([
      `test/a.ts cites ${'GONE'}.md, which is not there`,
    ]);
  });

  test('named files', () => {
    const texts = {
      'src/a/b.ts': "// See src/a/, src/a/b.ts, b.ts, src/gone, and gone.ts.\nexport const a = 'src/text.ts';\n",
      'SECURITY.md': '`worker/gone.ts` and https://x.y/src/gone, `src/a/*`',
    };
    expect(namedFilesAreThere(houseOf(texts))).toEqual([
      'src/a/b.ts names src/gone, which is not there',
      'src/a/b.ts names gone.ts, which is not there',
      'SECURITY.md names worker/gone.ts, which is not there',
    ]);
  });

  test('deploy/', () => {
    expect(deployHoldsNoSources(['deploy/README.md', 'deploy/a/make.ts', 'src/a.ts'])).toEqual([
      'deploy/a/make.ts is a source: deploy/ holds only what a user copies',
    ]);
  });
});
