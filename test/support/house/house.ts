// The repository as a value: its files with their texts, and what the program's files import and use. The rules (rules.ts,
// purity.ts, papers.ts) are functions of it, so that each can be tried on a bad house as well; only readHouse knows the disk.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export interface Import {
  /** A file of the house by its path, a package or a module of Node by its name. */
  readonly target: string;
  /** What is taken of it: '*' where it is taken whole or while the program runs. */
  readonly names: readonly string[];
  /** Nothing of it is there when the program runs. */
  readonly typesOnly: boolean;
}

export interface Source {
  readonly path: string;
  readonly room: string;
  /** The comment that the file begins with, as one line. */
  readonly header: string;
  readonly imports: readonly Import[];
  /** Names that no file declares: of the language, of Node or of a browser. `Math.random` stands as such. */
  readonly globals: ReadonlySet<string>;
}

export interface House {
  /** By path from the root. What is no text is there with an empty one. */
  readonly texts: ReadonlyMap<string, string>;
  /** The program: what lies in src/, coordinator/ and worker/. */
  readonly sources: readonly Source[];
}

/** The three buildings. A file that lies in one of them and in no folder of it is a room of its own. */
export const buildings = ['src', 'coordinator', 'worker'] as const;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const notTexts = /\.(png|jpg|f32|safetensors|om|wasm)$/;
/** At the root. */
const notOurs = new Set(['node_modules', 'dist', 'runs', '.git', 'package-lock.json']);

export function readHouse(): House {
  const texts: Record<string, string> = {};
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (notOurs.has(path)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) texts[path] = notTexts.test(path) ? '' : readFileSync(join(root, path), 'utf8');
    }
  };
  walk('');
  return houseOf(texts);
}

export function houseOf(texts: Readonly<Record<string, string>>): House {
  const paths = Object.keys(texts).filter((path) => /^(src|coordinator|worker)\/.*\.(ts|mjs)$/.test(path));
  const program = programOf(new Map(paths.map((path) => [path, texts[path]!])));
  const checker = program.getTypeChecker();
  const sources = paths.map((path) => {
    const file = program.getSourceFile(path)!;
    return {
      path,
      room: roomOf(path),
      header: headerOf(file.text),
      imports: importsOf(file),
      globals: globalsOf(file, checker),
    };
  });
  return { texts: new Map(Object.entries(texts)), sources };
}

export function roomOf(path: string): string {
  const folder = posix.dirname(path);
  return (buildings as readonly string[]).includes(folder) ? path : folder;
}

/** All files see each other's texts and nothing else: what remains unresolved is a global. */
function programOf(texts: ReadonlyMap<string, string>): ts.Program {
  const options = { noLib: true, noResolve: true, allowJs: true, target: ts.ScriptTarget.ESNext, types: [] };
  const files = new Map(
    [...texts].map(([path, text]) => [path, ts.createSourceFile(path, text, options.target, true)]),
  );
  return ts.createProgram([...texts.keys()], options, {
    getSourceFile: (path) => files.get(path),
    fileExists: (path) => files.has(path),
    readFile: (path) => texts.get(path),
    getDefaultLibFileName: () => '',
    getCurrentDirectory: () => '',
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => {},
  });
}

function headerOf(text: string): string {
  const lines = /^(?:#!.*\n)?((?:\/\/.*\n)*)/.exec(text)![1]!;
  return lines
    .replaceAll(/^\/\/ ?/gm, '')
    .replaceAll('\n', ' ')
    .trim();
}

function importsOf(file: ts.SourceFile): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, names: readonly string[], typesOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    // AssemblyScript's imports have no file endings
    const ending = posix.extname(text) === '' ? '.ts' : '';
    const target = text.startsWith('.') ? posix.join(posix.dirname(file.fileName), text + ending) : text;
    found.push({ target, names, typesOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, ...takenBy(node.importClause));
    else if (ts.isExportDeclaration(node)) {
      const { exportClause } = node;
      const all = exportClause === undefined || ts.isNamespaceExport(exportClause);
      const names = all ? ['*'] : exportClause.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
      const types = node.isTypeOnly || (!all && exportClause.elements.every(({ isTypeOnly }) => isTypeOnly));
      add(node.moduleSpecifier, names, types);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, ['*'], true);
    } else if (ts.isCallExpression(node)) {
      const { expression } = node;
      const asks = expression.kind === ts.SyntaxKind.ImportKeyword;
      if (asks || (ts.isIdentifier(expression) && expression.text === 'require')) add(node.arguments[0], ['*'], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function takenBy(clause: ts.ImportClause | undefined): [readonly string[], boolean] {
  if (clause === undefined) return [['*'], false];
  const { namedBindings, name } = clause;
  const typesOnly = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  if (namedBindings === undefined || ts.isNamespaceImport(namedBindings)) return [['*'], typesOnly];
  const { elements } = namedBindings;
  const names = elements.map((element) => (element.propertyName ?? element.name).text);
  const noValue = name === undefined && elements.length > 0 && elements.every(({ isTypeOnly }) => isTypeOnly);
  return [name === undefined ? names : [...names, '*'], typesOnly || noValue];
}

function globalsOf(file: ts.SourceFile, checker: ts.TypeChecker): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isUse(node) && !isDeclared(node, checker)) {
      const { parent } = node;
      const member = ts.isPropertyAccessExpression(parent) && node.text === 'Math' ? `.${parent.name.text}` : '';
      found.add(node.text + member);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Is the name a value that is read here: neither a type nor the name of a member? */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPartOfTypeNode(node)) return false;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isQualifiedName(parent) || ts.isTypeQueryNode(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  return true;
}

function isDeclared(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node);
  return (symbol?.declarations?.length ?? 0) > 0;
}
