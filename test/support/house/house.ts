// The repository as a value: its files with their texts, and what the program's files import and use. The rules (rules.ts,
// purity.ts, papers.ts) are functions of it, so that each can be tried on a bad house as well; only readHouse knows the disk.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export interface Import {
  /**
   * A file of the house by its path, also where it is reached as it is built (`dist/`, `#names` of package.json); a package or
   * a module of Node by its name. What is computed while the program runs stands as the expression, beginning with '='.
   */
  readonly target: string;
  /** As it is written. */
  readonly specifier: string;
  /** What is taken of it: '*' where it is taken whole or while the program runs. */
  readonly names: readonly string[];
  /** Nothing of it is there when the program runs. */
  readonly typesOnly: boolean;
  /** `new URL(specifier, import.meta.url)`: where a file is, to be handed on; it is not loaded here. */
  readonly isAddress: boolean;
}

export interface Source {
  readonly path: string;
  readonly room: string;
  /** The comment that the file begins with, as one line. */
  readonly header: string;
  readonly imports: readonly Import[];
  /**
   * Names that the file does not declare itself: of the language, of Node or of a browser. `Math.random` and `import.meta`
   * stand as such.
   */
  readonly globals: ReadonlySet<string>;
  /** Names of members that are read: `toFixed` of `x.toFixed(2)`. */
  readonly members: ReadonlySet<string>;
  /** It has exports, and nothing of its own. */
  readonly onlyPassesOn: boolean;
}

export interface House {
  /** By path from the root. What is no text is there with an empty one. */
  readonly texts: ReadonlyMap<string, string>;
  /** The program: what lies in src/, coordinator/ and worker/. */
  readonly sources: readonly Source[];
}

/** The three buildings. A file that lies in one of them and in no folder of it is a room of its own. */
export const buildings = ['src', 'coordinator', 'worker'] as const;

/** Programs that build something: they lie beside what they build, and belong to no room's work. */
export const builders = /\/build\.mjs$/;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const notTexts = /\.(png|jpg|f32|safetensors|om|wasm)$/;
/** At the root. */
const notOurs = new Set(['node_modules', 'dist', 'runs', '.git', 'package-lock.json']);

let ours: House | undefined;

/** Read once in a process: files of tests that run in one share it. */
export function readHouse(): House {
  ours ??= houseOf(textsOnDisk());
  return ours;
}

function textsOnDisk(): Record<string, string> {
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
  return texts;
}

export function houseOf(texts: Readonly<Record<string, string>>): House {
  let sources: readonly Source[] | undefined;
  return {
    texts: new Map(Object.entries(texts)),
    // parsed when they are asked for: what is said of texts needs none
    get sources() {
      sources ??= sourcesOf(texts);
      return sources;
    },
  };
}

function sourcesOf(texts: Readonly<Record<string, string>>): readonly Source[] {
  const paths = Object.keys(texts).filter((path) => /^(src|coordinator|worker)\/.*\.(ts|mjs)$/.test(path));
  const program = programOf(new Map(paths.map((path) => [path, texts[path]!])));
  const checker = program.getTypeChecker();
  const targetOf = targetsOf(texts);
  return paths.map((path) => {
    const file = program.getSourceFile(path)!;
    return {
      path,
      room: roomOf(path),
      header: headerOf(file.text),
      imports: importsOf(file, checker).map((one) => ({ ...one, target: targetOf(path, one.specifier) })),
      ...namesOf(file, checker),
      onlyPassesOn: onlyPassesOn(file),
    };
  });
}

function roomOf(path: string): string {
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
  const comment = /^(?:#!.*\n)?\s*((?:\/\/.*(?:\n|$))+|\/\*[\s\S]*?\*\/)?/.exec(text)![1] ?? '';
  return comment
    .replaceAll(/^(\/\/|\/\*+| \*\/?) ?|\*\/$/gm, '')
    .replaceAll('\n', ' ')
    .trim();
}

/** What a specifier leads to, from a file: see Import.target. */
function targetsOf(texts: Readonly<Record<string, string>>): (from: string, specifier: string) => string {
  const { imports = {} } = JSON.parse(texts['package.json'] ?? '{}') as { imports?: Record<string, string> };
  return (from, specifier) => {
    const written = imports[specifier] ?? specifier;
    if (!written.startsWith('.')) return written;
    const folder = written === specifier ? posix.dirname(from) : '';
    // AssemblyScript's imports have no file endings
    const ending = posix.extname(written) === '' && !written.endsWith('/') ? '.ts' : '';
    const path = posix.join(folder, written + ending);
    const source = path.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    return source in texts || written !== specifier ? source : path;
  };
}

type Found = Omit<Import, 'target'>;

function importsOf(file: ts.SourceFile, checker: ts.TypeChecker): readonly Found[] {
  const found: Found[] = [];
  const add = (specifier: ts.Node | undefined, names: readonly string[], typesOnly: boolean, isAddress = false) => {
    if (specifier === undefined) return;
    const text = constantOf(specifier, checker) ?? `=${specifier.getText(file)}`;
    found.push({ specifier: text, names, typesOnly, isAddress });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, ...takenBy(node.importClause));
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node.moduleReference.expression, ['*'], node.isTypeOnly);
    } else if (ts.isExportDeclaration(node)) {
      const { exportClause } = node;
      const all = exportClause === undefined || ts.isNamespaceExport(exportClause);
      const names = all ? ['*'] : exportClause.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
      const types = node.isTypeOnly || (!all && exportClause.elements.every(({ isTypeOnly }) => isTypeOnly));
      add(node.moduleSpecifier, names, types);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, ['*'], true);
    } else if (ts.isCallExpression(node) && loads(node.expression, checker)) {
      add(node.arguments[0], ['*'], false);
    } else if (ts.isNewExpression(node) && node.expression.getText(file) === 'URL') {
      const [specifier, base] = node.arguments ?? [];
      if (base?.getText(file).startsWith('import.meta')) add(specifier, ['*'], false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Does a call of this load or find a module: `import`, `require`, what createRequire makes, and the `resolve` of these? */
function loads(called: ts.Expression, checker: ts.TypeChecker): boolean {
  if (called.kind === ts.SyntaxKind.ImportKeyword || ts.isMetaProperty(called)) return true;
  if (ts.isParenthesizedExpression(called)) return loads(called.expression, checker);
  if (ts.isCallExpression(called)) return /\bcreateRequire$/.test(called.expression.getText());
  if (ts.isPropertyAccessExpression(called)) {
    return /^(resolve|getBuiltinModule)$/.test(called.name.text) && loads(called.expression, checker);
  }
  if (!ts.isIdentifier(called)) return false;
  if (called.text === 'require' || called.text === 'process') return true;
  return (checker.getSymbolAtLocation(called)?.declarations ?? []).some((declaration) => {
    const from = ts.isBindingElement(declaration) ? declaration.parent.parent : declaration;
    return ts.isVariableDeclaration(from) && from.initializer !== undefined && loads(from.initializer, checker);
  });
}

/** The text that an expression always is: a literal, a constant that is one, or these put together; else null. */
function constantOf(node: ts.Node, checker: ts.TypeChecker): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ expression, literal }) => [constantOf(expression, checker), literal.text]);
    const parts = [node.head.text, ...spans.flat()];
    return parts.includes(null) ? null : parts.join('');
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const parts = [constantOf(node.left, checker), constantOf(node.right, checker)];
    return parts.includes(null) ? null : parts.join('');
  }
  if (!ts.isIdentifier(node)) return null;
  const [declaration] = checker.getSymbolAtLocation(node)?.declarations ?? [];
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return null;
  if ((ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) === 0) return null;
  return declaration.initializer === undefined ? null : constantOf(declaration.initializer, checker);
}

function onlyPassesOn(file: ts.SourceFile): boolean {
  const ports = [ts.SyntaxKind.ImportDeclaration, ts.SyntaxKind.ExportDeclaration, ts.SyntaxKind.ExportAssignment];
  return file.statements.some(ts.isExportDeclaration) && file.statements.every(({ kind }) => ports.includes(kind));
}

function takenBy(clause: ts.ImportClause | undefined): [readonly string[], boolean] {
  if (clause === undefined) return [['*'], false];
  const { namedBindings, name } = clause;
  const typesOnly = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  if (namedBindings === undefined || ts.isNamespaceImport(namedBindings)) return [['*'], typesOnly];
  const { elements } = namedBindings;
  const noValue = name === undefined && elements.length > 0 && elements.every(({ isTypeOnly }) => isTypeOnly);
  // beside values, types are not there when the program runs
  const taken = noValue ? elements : elements.filter(({ isTypeOnly }) => !isTypeOnly);
  const names = taken.map((element) => (element.propertyName ?? element.name).text);
  return [name === undefined ? names : [...names, '*'], typesOnly || noValue];
}

function namesOf(file: ts.SourceFile, checker: ts.TypeChecker): Pick<Source, 'globals' | 'members'> {
  const globals = new Set<string>();
  const members = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isMetaProperty(node)) globals.add(node.getText(file));
    if (ts.isIdentifier(node) && isUse(node) && !isDeclaredHere(node, checker)) {
      const { parent } = node;
      const member = ts.isPropertyAccessExpression(parent) && node.text === 'Math' ? `.${parent.name.text}` : '';
      globals.add(node.text + member);
    }
    if (ts.isPropertyAccessExpression(node)) members.add(node.name.text);
    if (ts.isElementAccessExpression(node)) members.add(constantOf(node.argumentExpression, checker) ?? '');
    if (ts.isBindingElement(node)) members.add((node.propertyName ?? node.name).getText(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { globals, members };
}

/** Is the name a value that is read here: neither a type nor the name of a member? */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPartOfTypeNode(node) || ts.isMetaProperty(parent)) return false;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isQualifiedName(parent) || ts.isTypeQueryNode(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  // what is declared here is not read here
  return !('name' in parent) || parent.name !== node;
}

/** Only a value that this very file makes or imports is its own: `declare` makes none, and other files' are as good as global. */
function isDeclaredHere(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node);
  const file = node.getSourceFile();
  return (symbol?.declarations ?? []).some((declaration) => {
    return (
      declaration.getSourceFile() === file && !isAmbient(declaration) && !ts.isTypeOnlyImportDeclaration(declaration)
    );
  });
}

function isAmbient(node: ts.Node): boolean {
  if (ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword))
    return true;
  return node.parent !== undefined && isAmbient(node.parent);
}
