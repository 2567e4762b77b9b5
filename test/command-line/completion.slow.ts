// Completion in the shells themselves: keys are typed into bash and zsh on a terminal, fish tells what it would offer. Needs dist/.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError, runCli } from '../support/run-cli.ts';
import { missing, output } from '../support/tools.ts';

const typed = fileURLToPath(new URL('../support/python/typed.py', import.meta.url));
const noPython = missing('python3', 'python3');

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-completion-'));
  for (const run of ['runs/first', 'runs/se cond', 'elsewhere/third', 'own']) {
    await mkdir(join(cwd, run), { recursive: true });
    await writeFile(join(cwd, run, 'config.json'), '{}');
  }
  await mkdir(join(cwd, 'data'));
  await writeFile(join(cwd, 'my.json'), '{}');
  await writeFile(join(cwd, 'seven.png'), '');
  const write = async (shell: string) => {
    const { exitCode, stdout, stderr } = await runCli(['completion', shell], { cwd });
    expect([exitCode, stderr]).toEqual([0, '']);
    await writeFile(join(cwd, `completion.${shell}`), stdout);
  };
  await Promise.all(['bash', 'zsh', 'fish'].map(write));
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

/** What `lockstep` is given when these lines are typed; the prompt is what typed.py waits for. */
function given(shell: 'bash' | 'zsh', lines: readonly string[]): string[][] {
  const keys = [...lines.map((line) => `${line}\n`), 'exit\n'].join('\x01');
  const command = shell === 'bash' ? ['bash', '--noprofile', '--rcfile', 'rc', '-i'] : ['zsh', '-d', '-i'];
  // a terminal that is known, and a width in which no line breaks
  const env = { ...process.env, ZDOTDIR: cwd, TERM: 'xterm', COLUMNS: '400' };
  const shown = execFileSync('python3', [typed, keys, ...command], { cwd, env, encoding: 'utf8' });
  return [...shown.matchAll(/GIVEN(.*)\r/g)].map(([, all]) => [...all!.matchAll(/<(.*?)>/g)].map(([, one]) => one!));
}

/** Tabs where a user presses the key, and what the command is given then. */
const keys: readonly (readonly [string, readonly string[]])[] = [
  ['lockstep tra\t--engi\tw\t', ['train', '--engine', 'wasm']],
  ['lockstep train --preset=be\t --no-rep\t', ['train', '--preset=best', '--no-report']],
  ['lockstep train --resume runs/s\t --config my\t', ['train', '--resume', 'runs/se cond', '--config', 'my.json']],
  ['lockstep train --data da\t', ['train', '--data', 'data/']],
  ['lockstep predict runs/fi\tsev\t', ['predict', 'runs/first', 'seven.png']],
  ['lockstep replay runs/nothing\t', ['replay', 'runs/nothing']],
  ['lockstep predict --wide ow\tsev\t', ['predict', '--wide', 'own', 'seven.png']],
  ['lockstep compare elsewhere/t\truns/fi\t', ['compare', 'elsewhere/third', 'runs/first']],
  ['lockstep completion f\t', ['completion', 'fish']],
  ['lockstep export own --format o\t', ['export', 'own', '--format', 'onnx']],
  // nothing is offered where a number stands
  ['lockstep train --epochs \t5', ['train', '--epochs', '5']],
];

/** zsh writes --engine= where bash leaves a blank, and a slash behind a folder that a blank takes away again. */
const plain = (words: readonly string[]) =>
  words.flatMap((word) => (/^--\w+=/.test(word) ? word.split('=') : [word.replace(/\/$/, '')]));

describe.skipIf(missing('bash', 'bash') || noPython)('bash', () => {
  it('completes what is typed', async () => {
    const source =
      'shopt -s failglob; PS1="%%%"; lockstep() { printf "GIVEN"; printf "<%s>" "$@"; echo; }; source completion.bash\n';
    await writeFile(join(cwd, 'rc'), source);
    expect(
      given(
        'bash',
        keys.map(([line]) => line),
      ),
    ).toEqual(keys.map(([, words]) => words));
  });

  it('offers all runs where nothing is typed, and starts no program for it', () => {
    const ask = `source completion.bash; compopt() { :; }; PATH=/nowhere; COMP_WORDS=(lockstep evaluate ''); COMP_CWORD=2
start=$EPOCHREALTIME; _lockstep; end=$EPOCHREALTIME
printf '%s\\n' "\${COMPREPLY[@]}" $(( (\${end/[.,]/} - \${start/[.,]/}) / 1000 ))`;
    const offered = output('bash', ['-c', `cd ${cwd}; ${ask}`])
      .trimEnd()
      .split('\n');
    const milliseconds = Number(offered.pop());
    expect(offered.toSorted()).toEqual(['own', 'runs/first', 'runs/se\\ cond']);
    // a millisecond or two where nobody else is at work: printed, since that is the machine's affair
    console.info(`bash: ${milliseconds} ms for a TAB`);
  });
});

describe.skipIf(missing('zsh', 'zsh') || noPython)('zsh', () => {
  it('completes what is typed', async () => {
    const start = 'PS1="%%%%%%"; autoload -U compinit; compinit -u -D; unsetopt beep; source completion.zsh';
    await writeFile(join(cwd, '.zshrc'), `${start}; lockstep() { printf "GIVEN"; printf "<%s>" "$@"; echo }\n`);
    const found = given(
      'zsh',
      keys.map(([line]) => line),
    );
    expect(found.map(plain)).toEqual(keys.map(([, words]) => plain(words)));
  });
});

describe.skipIf(missing('fish', 'fish'))('fish', () => {
  it('offers what may stand there', () => {
    const expected: readonly (readonly [string, readonly string[]])[] = [
      ['lockstep evalu', ['evaluate']],
      ['lockstep train --engi', ['--engine']],
      ['lockstep train --engine ', ['tfjs-node', 'wasm']],
      ['lockstep train --preset=b', ['--preset=best']],
      ['lockstep train --resume ', ['own', 'runs/first', 'runs/se cond']],
      ['lockstep evaluate elsewhere/', ['elsewhere/third']],
      ['lockstep train --config my', ['my.json']],
      ['lockstep train --data da', ['data/']],
      ['lockstep train --epochs ', []],
      ['lockstep completion ', ['bash', 'fish', 'zsh']],
      ['lockstep worker --keep', ['--keep-alive']],
    ];
    const ask = expected.map(([line]) => `complete -C ${JSON.stringify(line)}; echo END`).join('; ');
    const answers = output('fish', ['-c', `cd ${cwd}; source completion.fish; ${ask}`]).split('END\n');
    const offered = answers.slice(0, -1).map((answer) =>
      answer
        .split('\n')
        .map((one) => one.split('\t')[0]!)
        .filter((one) => one !== '')
        .toSorted(),
    );
    expect(expected.map(([line], i) => [line, offered[i]])).toEqual(expected);
  });
});

it('of another shell there is none', async () => {
  expectError(await runCli(['completion', 'tcsh'], { cwd }), 2, /There is no completion for "tcsh"/);
});
