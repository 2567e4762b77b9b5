// Who may import whom (DESIGN.md, "Rooms"), and one door to each dependency: walked over the sources.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const commandLine = ['src/cli.ts', 'src/command-line.ts'];
const entries = [...commandLine, 'src/library.ts'];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path === join('src', 'kernels', 'assembly') ? [] : sources(path);
    return path.endsWith('.ts') && !path.endsWith('.d.ts') ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
}

const edges = ['src', 'coordinator', 'worker'].flatMap(sources).flatMap((file) =>
  importsOf(file).map((target) => ({
    file,
    target: target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target,
  })),
);

const allowed = (file: string): readonly string[] => {
  if (entries.includes(file)) return ['src', 'coordinator', 'worker'];
  if (file.startsWith('src/')) return ['src'];
  return [file.split('/')[0]!, 'src'];
};

describe('imports', () => {
  test('are found at all', () => {
    expect(edges.length).toBeGreaterThan(50);
    expect(edges.some(({ target }) => target === 'piscina')).toBe(true);
  });

  test('follow the rooms', () => {
    const forbidden = edges.filter(
      ({ file, target }) =>
        /^(src|coordinator|worker)\//.test(target) && !allowed(file).includes(target.split('/')[0]!),
    );
    expect(forbidden).toEqual([]);
  });

  test('only the command line imports an entry', () => {
    expect(edges.filter(({ file, target }) => entries.includes(target) && !commandLine.includes(file))).toEqual([]);
  });

  test('src is pure: no files, sockets, threads or processes but in its entries', () => {
    const impure = /^node:(fs|net|http|https|tls|dgram|worker_threads|child_process|os|process|timers)/;
    expect(
      edges.filter(({ file, target }) => impure.test(target) && file.startsWith('src/') && !entries.includes(file)),
    ).toEqual([]);
  });

  test('HTTP servers are made at one door, where strangers are bounded', () => {
    const makers = ['src', 'coordinator', 'worker'].flatMap(sources).filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return /import \{[^}]*createServer[^}]*\} from 'node:https?'/.test(text);
    });
    expect(makers).toEqual(['src/host/http/http-door.ts']);
  });

  test('each dependency has one door, ws one at each end', () => {
    const doors = new Map<string, Set<string>>();
    for (const { file, target } of edges) {
      if (/^(node:|#|src\/|coordinator\/|worker\/)/.test(target)) continue;
      const name = target === 'ws' ? `ws in ${file.split('/')[0]}` : target;
      doors.set(name, (doors.get(name) ?? new Set()).add(file));
    }
    const wide = [...doors].filter(([, files]) => files.size > 1);
    expect(wide.map(([name, files]) => `${name}: ${[...files].join(', ')}`)).toEqual([]);
  });
});
