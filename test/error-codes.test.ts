// The codes of our errors: one table, which the sources, ERRORS.md and the errors themselves agree with.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../src/error-codes.ts';
import { ExitCode, LockstepError } from '../src/errors.ts';
import { codeOf, listenCodeOf, writeCodeOf } from '../src/host/files/io-reason.ts';
import { train } from '../src/library.ts';
import { gate } from './support/events.ts';
import { refusal } from './support/refusal.ts';
import { withFolder } from './support/tiny-data.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = ['src', 'coordinator', 'worker'].flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(room, name)),
);
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

interface Site {
  readonly place: string;
  /** Those that stand in the expression; none: they come from elsewhere. */
  readonly codes: readonly string[];
  readonly exitCode: string | undefined;
}

/** Each `new LockstepError({ ... })`. */
function sitesOf(file: string): Site[] {
  const source = ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true);
  const sites: Site[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'LockstepError') {
      const given = node.arguments![0] as ts.ObjectLiteralExpression;
      const text = (name: string) => given.properties.find((one) => one.name?.getText() === name)?.getText();
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      const codes = text('code')?.match(/ERR_LOCKSTEP_\w+/g) ?? [];
      sites.push({
        place: `${file}:${line + 1}`,
        codes,
        exitCode: /^exitCode: ExitCode\.(\w+)$/.exec(text('exitCode') ?? '')?.[1],
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sites;
}

const sites = files.flatMap(sitesOf);
const table = new Map<string, { exitCode: number | null; meaning: string }>(Object.entries(errorCodes));

describe('the table', () => {
  it('has the codes that are used, and no others', () => {
    const used = files
      .filter((file) => file !== join('src', 'error-codes.ts'))
      .flatMap((file) => textOf(file).match(/ERR_LOCKSTEP_\w+/g) ?? []);
    expect([...new Set(used)].sort()).toEqual([...table.keys()].sort());
  });

  it('says the exit code that stands where an error is made', () => {
    expect(sites.length).toBeGreaterThan(80);
    const fixed = sites.filter(({ codes, exitCode }) => codes.length > 0 && exitCode !== undefined);
    expect(fixed.length).toBeGreaterThan(5);
    const wrong = fixed.flatMap(({ place, codes, exitCode }) =>
      codes
        .filter(
          (code) => ![null, ExitCode[exitCode as keyof typeof ExitCode]].includes(table.get(code)!.exitCode as never),
        )
        .map((code) => `${place}: ${code} with ${exitCode}`),
    );
    expect(wrong).toEqual([]);
  });

  it('is that of ERRORS.md', () => {
    const rows = [...textOf('src/ERRORS.md').matchAll(/^\| `(ERR_LOCKSTEP_\w+)` +\| (\d*) *\| (.*?) *\|$/gm)];
    expect(rows.map(([, code, exitCode, meaning]) => [code, exitCode, meaning])).toEqual(
      [...table].map(([code, { exitCode, meaning }]) => [code, exitCode === null ? '' : String(exitCode), meaning]),
    );
  });
});

describe('an error', () => {
  const told = { what: 'a', why: 'b', mend: 'c' };

  it('has the exit code of its code, 2 where that has none, or another one that it is given', () => {
    expect(new LockstepError({ code: 'ERR_LOCKSTEP_NO_WORKERS', ...told }).exitCode).toBe(75);
    expect(new LockstepError({ code: 'ERR_LOCKSTEP_NO_MEMORY', ...told }).exitCode).toBe(2);
    expect(new LockstepError({ code: 'ERR_LOCKSTEP_NO_MEMORY', ...told, exitCode: 1 }).exitCode).toBe(1);
  });

  it('is none of the system, whatever its code', () => {
    expect(codeOf(new LockstepError({ code: 'ERR_LOCKSTEP_NO_MEMORY', ...told }))).toBe(null);
    expect(codeOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
  });

  it.each([
    ['ENOSPC', 'ERR_LOCKSTEP_DISK_FULL'],
    ['EDQUOT', 'ERR_LOCKSTEP_DISK_FULL'],
    ['EACCES', 'ERR_LOCKSTEP_WRITE_FAILED'],
  ])('of a write that failed with %s has %s', (code, ours) => {
    const system = Object.assign(new Error('x'), { code });
    expect(writeCodeOf(system)).toBe(ours);
    expect(writeCodeOf(new Error('a file', { cause: system }))).toBe(ours);
    expect(writeCodeOf(new LockstepError({ code: writeCodeOf(system), ...told }))).toBe(ours);
  });

  it('of a port tells one that is taken from one that cannot be', () => {
    expect(listenCodeOf(Object.assign(new Error('x'), { code: 'EADDRINUSE' }))).toBe('ERR_LOCKSTEP_PORT_TAKEN');
    expect(listenCodeOf(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))).toBe('ERR_LOCKSTEP_ADDRESS_UNUSABLE');
  });

  it("has its code for the library's users", async () => {
    await withFolder(async (folder) => {
      const small = { limitTrain: 1000, maxSteps: 1, threads: 0 };
      const codes = {
        ERR_LOCKSTEP_BAD_OPTION: { epochs: -1 },
        ERR_LOCKSTEP_UNKNOWN_OPTION: { epoch: 1 },
        ERR_LOCKSTEP_DATA_MISSING: { data: folder },
        ERR_LOCKSTEP_RESUME_REFUSED: { resume: join(folder, 'nothing') },
        ERR_LOCKSTEP_OUTPUT_EXISTS: { out: root },
        ERR_LOCKSTEP_TOKEN_MISSING: { listen: '0.0.0.0:0' },
        ERR_LOCKSTEP_NO_WORKERS: { listen: '127.0.0.1:0', joinTimeout: 0.1 },
      };
      for (const [code, options] of Object.entries(codes)) {
        expect(await refusal(() => train({ ...small, ...options }))).toMatchObject({ name: 'LockstepError', code });
      }
    });
  });

  it('has it when a port is taken, and when the run is stopped', async () => {
    const controller = new AbortController();
    const small = { limitTrain: 1000, maxSteps: 1, threads: 0, metricsPort: 'off' } as const;
    const port = gate<number>();
    const first = train(
      { ...small, listen: '127.0.0.1:0' },
      { signal: controller.signal, onEvent: (event) => event.type === 'listening' && port.open(event.port) },
    );
    first.catch(port.fail);
    const second = { ...small, listen: `127.0.0.1:${await port.promise}` };
    expect(await refusal(() => train(second))).toMatchObject({ code: 'ERR_LOCKSTEP_PORT_TAKEN' });
    controller.abort();
    expect(await refusal(() => first)).toMatchObject({ code: 'ERR_LOCKSTEP_INTERRUPTED', exitCode: 130 });
  });
});
