// `lockstep train --json-events`, as another program reads it: every line of stdout, by the types that EVENTS.md is drawn from.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtCli, expectError, runCli, startProgram } from '../support/run-cli.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-events-'));
  await writeTinyData(join(cwd, 'data'), { train: 600 });
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

const flags = ['--data', 'data', '--epochs', '2', '--val-size', '100', '--threads', '0', '--no-report'];

/** What TypeScript has against lines as events: an unknown field, one that is missing, another type. */
function complaints(lines: readonly string[]): string[] {
  const name = 'src/run/lines-of-a-run.ts';
  const text = `import type { TrainEvent } from './events.ts';\nexport const events: ({ v: 1 } & TrainEvent)[] = [${lines.join(',\n')}];`;
  const options = { strict: true, noEmit: true, allowImportingTsExtensions: true, types: [] };
  const compiler = { ...options, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022 };
  const host = ts.createCompilerHost(compiler);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path.endsWith(name) || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path.endsWith(name) ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest);
  const program = ts.createProgram([name], compiler, host);
  const file = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(name));
  return program
    .getSemanticDiagnostics(file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

test('each line is an event of the version that is documented, and the last has the summary', async () => {
  const { stdout, exitCode, stderr } = await runCli(['train', ...flags, '--json-events', '--out', 'a'], { cwd });
  expect(exitCode, stderr).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(complaints(lines)).toEqual([]);
  expect(complaints([lines[0]!.replace('"epochs":2', '"epochs":"two"')])).toHaveLength(1);
  expect(complaints([lines[0]!.replace('"v":1', '"v":1,"more":1')])).toHaveLength(1);
  const events = lines.map((line) => JSON.parse(line));
  expect(events.filter(({ type }) => type === 'epoch').map(({ epoch }) => epoch)).toEqual([1, 2]);
  const { v, type, summary } = events.at(-1);
  expect({ v, type }).toEqual({ v: 1, type: 'done' });
  expect(summary).toEqual(JSON.parse(await readFile(join(cwd, 'a/summary.json'), 'utf8')));
});

test('a reader that goes away changes neither the bits nor the exit code', async () => {
  const command = 'set -o pipefail; node "$0" "$@" | head -1';
  const args = ['train', ...flags, '--json-events', '--out', 'b'];
  const { exitCode, stdout, stderr } = await startProgram(['bash', '-c', command, builtCli, ...args], { cwd }).ended;
  expect(exitCode, stderr).toBe(0);
  expect(stdout.split('\n')).toHaveLength(2);
  const digest = async (run: string) => JSON.parse(await readFile(join(cwd, run, 'summary.json'), 'utf8')).digest;
  expect(await digest('b')).toBe(await digest('a'));
});

test('it does not go with --json', async () => {
  const ended = await runCli(['train', ...flags, '--json-events', '--json'], { cwd });
  expectError(ended, 2, /--json does not go with --json-events/);
});
