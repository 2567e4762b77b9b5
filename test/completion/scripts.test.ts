// The scripts as texts: they have all that can be typed, shells take them, and no text of a help becomes code.

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../coordinator/commands/audit.ts';
import { predict } from '../../coordinator/commands/predict.ts';
import { train } from '../../coordinator/commands/train.ts';
import type { AnyCommand } from '../../src/command.ts';
import { bashScript } from '../../src/completion/bash.ts';
import { fishScript } from '../../src/completion/fish.ts';
import { commandShape, shells } from '../../src/completion/shape.ts';
import { zshScript } from '../../src/completion/zsh.ts';
import { bareFlag } from '../../src/options/flags.ts';
import { optionTable } from '../../src/options/option-table.ts';
import { oneOf, onOff } from '../../src/options/value-kinds.ts';
import { missing, output } from '../support/tools.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-completion-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('the shape of a command', () => {
  const flags = new Map(commandShape(train).flags.map((one) => [one.flag, one]));

  test('has each flag, and help', () => {
    const rows = Object.values(optionTable).map(({ flag }) => bareFlag(flag));
    expect([...flags.keys()]).toEqual([...rows, '--config', '--help']);
  });

  test.each([
    ['--engine', { name: 'name', words: ['wasm', 'tfjs-node'], path: null }],
    ['--metrics-port', { name: 'port', words: ['off'], path: null }],
    ['--from', { name: 'which', words: ['last', 'best'], path: null }],
    ['--epochs', { name: 'n', words: [], path: null }],
    ['--config', { name: 'file', words: [], path: 'file' }],
    ['--out', { name: 'dir', words: [], path: 'folder' }],
    ['--resume', { name: 'dir', words: [], path: 'run' }],
    ['--wide', null],
    ['--no-report', null],
  ])('%s', (flag, value) => {
    expect(flags.get(flag)?.value).toEqual(value);
  });

  test('has its operands', () => {
    const run = { name: 'run', words: [], path: 'run' };
    expect(commandShape(audit)).toMatchObject({ operands: [run], many: false });
    const file = { name: 'file', words: [], path: 'file' };
    expect(commandShape(predict)).toMatchObject({ operands: [run, file], many: true });
  });
});

describe.each(shells)('%s', (shell) => {
  const isMissing = missing(shell, shell);
  const code = `x' $(touch broken) \`touch broken\` "; touch broken; ] : [ \\ \\' #`;
  const hostile: AnyCommand = {
    ...audit,
    summary: code,
    flags: {
      one: { flag: '--one <a:b>', kind: oneOf('yes', 'no'), default: 'no', help: code },
      two: { flag: '--two', kind: onOff, default: false, help: code },
    },
  };

  test('has each command and flag', () => {
    const text = scripts[shell]([train, audit, predict].map(commandShape));
    for (const { name, flags } of [train, audit, predict].map(commandShape)) {
      expect(text).toMatch(new RegExp(`\\b${name}\\b`));
      for (const { flag } of flags) expect(text).toContain(shell === 'fish' ? `-l ${flag.slice(2)} ` : flag);
    }
  });

  test.skipIf(isMissing)('takes the script, and nothing in a help is code', async () => {
    const file = join(folder, `hostile.${shell}`);
    await writeFile(file, scripts[shell]([train, audit, predict, hostile].map(commandShape)));
    expect(output(shell, ['-n', file])).toBe('');
    const start = shell === 'zsh' ? 'autoload -U compinit; compinit -u -D; ' : '';
    expect(output(shell, ['-c', `cd ${folder}; ${start}source ${file}`])).toBe('');
    expect(existsSync(join(folder, 'broken'))).toBe(false);
  });
});
