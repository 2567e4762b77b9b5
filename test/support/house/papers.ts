// What is written about the house must be true of it: links of the Markdown files lead somewhere, and files and folders that a
// text or a comment names are there.

import { posix } from 'node:path';
import ts from 'typescript';
import type { House } from './house.ts';

/** `isThere`: is a path, of a file or of a folder, within reach of a reader? */
export function linksResolve(house: House, isThere: (path: string) => boolean = (path) => has(house, path)): string[] {
  return markdown(house).flatMap(([path, text]) => {
    if (!isThere(path)) return [];
    return linksOf(text).flatMap((link) => {
      if (/^([a-z]+:|\/\/)/.test(link)) return [];
      const [file = '', anchor] = link.split('#', 2);
      const target = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file));
      if (!isThere(target)) return [`${path} links ${link}, which is not there`];
      const known = anchor === undefined || anchorsOf(house.texts.get(target) ?? '').includes(anchor);
      return known ? [] : [`${path} links ${link}, but no heading there has that name`];
    });
  });
}

/** A reference that is not defined is no link: a reader sees its brackets. */
export function referencesAreDefined(house: House): string[] {
  return markdown(house).flatMap(([path, text]) => {
    const prose = withoutCode(text);
    const defined = [...prose.matchAll(definition)].map(([, name]) => name!.toLowerCase());
    const used = [...prose.matchAll(/\[([^\][]+)\]\[([^\][]*)\]/g)].map(([, shown, name]) =>
      (name || shown!).toLowerCase(),
    );
    return used
      .filter((name) => !defined.includes(name))
      .map((name) => `${path} links [${name}], which it does not define`);
  });
}

/** `[name]: target "title"` */
const definition = /^ {0,3}\[([^\]]+)\]: *<?([^\s>]+)>?/gm;

/** The targets of a text's links and pictures: in line, by reference, as HTML. */
function linksOf(text: string): string[] {
  const prose = withoutCode(text);
  const html = [...prose.matchAll(/<(?:a|img|source|link)\s[^>]*?\b(?:href|src|srcset)\s*=\s*["']?([^"'\s>]+)/gi)];
  // ](target), ](<target>), ](target "title")
  const inLine = [...prose.matchAll(/\]\(\s*(?:<([^>\n]*)>|([^)\s]+))(?:\s+(?:"[^"]*"|'[^']*'|\([^)]*\)))?\s*\)/g)];
  return [
    ...inLine.map(([, pointed, bare]) => pointed ?? bare!),
    ...[...prose.matchAll(definition)].map(([, , target]) => target!),
    ...html.map(([, target]) => target!),
  ];
}

export function citedDocumentsAreThere(house: House): string[] {
  const documents = new Set([...house.texts.keys()].map((path) => posix.basename(path)));
  return [...house.texts].flatMap(([path, text]) => {
    const cited = [...text.matchAll(/\b[A-Z][A-Z_]+\.md\b/g)].map(([name]) => name);
    const missing = [...new Set(cited)].filter((name) => !documents.has(name));
    return missing.map((name) => `${path} cites ${name}, which is not there`);
  });
}

/** Paths from the root, and names of the program's files: in comments, and in the Markdown files but the list of changes. */
export function namedFilesAreThere(house: House): string[] {
  const names = new Set([...house.texts.keys()].map((path) => posix.basename(path)));
  const missingIn = (text: string) => {
    const paths = text.matchAll(/(?<![\w./:-])(?:src|coordinator|worker|test|deploy)(?:\/[\w.-]*[\w-])+\/?/g);
    const files = text.matchAll(/(?<![\w./*-])[\w-]+\.(?:ts|mjs)\b/g);
    return new Set([
      ...[...paths].map(([named]) => named).filter((named) => !has(house, named)),
      ...[...files].map(([named]) => named).filter((named) => !names.has(named)),
    ]);
  };
  return [...house.texts].flatMap(([path, text]) => {
    // to part comments from code takes long: only where the whole of a file names something that is not there
    const missing = missingIn(text).size === 0 ? [] : missingIn(proseOf(path, text));
    return [...missing].map((named) => `${path} names ${named}, which is not there`);
  });
}

/** The folder that users copy holds what they copy, and no program of ours that makes it. */
export function deployHoldsNoSources(paths: readonly string[]): string[] {
  const copied = /^deploy\/examples\/[^/]+\.mjs$/;
  const sources = paths.filter(
    (path) => path.startsWith('deploy/') && /\.(ts|mjs|js)$/.test(path) && !copied.test(path),
  );
  return sources.map((path) => `${path} is a source: deploy/ holds only what a user copies`);
}

function markdown(house: House): readonly [string, string][] {
  return [...house.texts].filter(([path]) => path.endsWith('.md'));
}

const placesOf = new WeakMap<House, ReadonlySet<string>>();

/** Is it a file of the house, or a folder? */
function has(house: House, path: string): boolean {
  let places = placesOf.get(house);
  if (places === undefined) {
    const paths = [...house.texts.keys()];
    // of a/b/c: a, a/b and a/b/c
    places = new Set(
      paths.flatMap((one) => one.split('/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/'))),
    );
    placesOf.set(house, places);
  }
  return places.has(path.replace(/\/$/, ''));
}

function proseOf(path: string, text: string): string {
  if (path.endsWith('.md')) return path === 'CHANGELOG.md' ? '' : text;
  return /\.(ts|mjs)$/.test(path) ? commentsOf(text) : '';
}

function commentsOf(text: string): string {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.ESNext, true);
  const places = new Set<number>();
  const comments: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.getChildCount(file) === 0) {
      for (const { pos, end } of ts.getLeadingCommentRanges(text, node.pos) ?? []) {
        if (!places.has(pos)) comments.push(text.slice(pos, end));
        places.add(pos);
      }
    }
    for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  return comments.join('\n');
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** The anchors of a text's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ +(.+?) *$/gm)].map(([, heading]) => {
    const anchor = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}
