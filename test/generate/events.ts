// Makes EVENTS.md's list of events from the types themselves, read by TypeScript. Knows nothing of runs.

import ts from 'typescript';

const source = 'src/run/events.ts';

/** Each event with its fields, their types, and what is said of them in the sources. */
export function listedEvents(): string {
  const program = ts.createProgram([source], {
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(source)!;
  const alias = file.statements.find((one) => ts.isTypeAliasDeclaration(one) && one.name.text === 'TrainEvent')!;
  const type = checker.getTypeAtLocation(alias);
  if (!type.isUnion()) throw new Error('TrainEvent is no union');
  return type.types.map((member) => eventText(member, checker)).join('\n');
}

function eventText(event: ts.Type, checker: ts.TypeChecker): string {
  const fields = event.getProperties().map((field) => {
    const said = ts.displayPartsToString(field.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ').trim();
    const type = typeText(checker.getTypeOfSymbol(field), checker);
    return { name: field.name, optional: (field.flags & ts.SymbolFlags.Optional) !== 0, type, said };
  });
  const kind = fields.find(({ name }) => name === 'type')!;
  const rows = fields
    .filter((field) => field !== kind)
    .map(({ name, optional, type, said }) =>
      `| \`${name}\`${optional ? ', may be missing' : ''} | \`${type.replaceAll('|', '\\|')}\` | ${said} |`.replace(
        '|  |',
        '| |',
      ),
    );
  const table = rows.length === 0 ? [] : ['| field | type | |', '| --- | --- | --- |', ...rows, ''];
  return [`### ${kind.type.replaceAll('"', '')}`, '', ...(kind.said === '' ? [] : [kind.said, '']), ...table].join(
    '\n',
  );
}

/** Words that a field may have are written out, whatever their list is called in the sources. */
function typeText(type: ts.Type, checker: ts.TypeChecker): string {
  const text = (one: ts.Type) => checker.typeToString(one, undefined, ts.TypeFormatFlags.NoTruncation);
  if (!type.isUnion() || !type.types.some((one) => one.isStringLiteral())) return text(type);
  return type.types.map(text).join(' | ');
}
