// `lockstep completion bash|zsh|fish`: the script by which a shell completes the command line.

import type { AnyCommand, Command } from '../../src/command.ts';
import { bashScript } from '../../src/completion/bash.ts';
import { fishScript } from '../../src/completion/fish.ts';
import { commandShape, type Shell, shells } from '../../src/completion/shape.ts';
import { zshScript } from '../../src/completion/zsh.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { verboseFlag } from './common-flags.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `commands`: all that can be typed, in the order of the help. */
export function completionOf(commands: () => Promise<readonly AnyCommand[]>): Command<{ readonly verbose: boolean }> {
  return {
    name: 'completion',
    summary: 'Print the script by which bash, zsh or fish completes commands, flags, their values and run folders.',
    operands: '<shell>',
    flags: { verbose: verboseFlag },
    help: `
Examples:
  $ source <(lockstep completion bash)
  $ source <(lockstep completion zsh)      where compinit has run
  $ lockstep completion fish | source

The head of each script says where it is put for good. A TAB starts no program: all stands in the script, which is to be made anew
after an update.

Exit codes: 0 printed, 2 bad usage.`,
    run: async ([shell = ''], _, { print }) => {
      if (!isShell(shell)) {
        throw new LockstepError({
          code: 'ERR_LOCKSTEP_BAD_OPTION',
          what: `There is no completion for ${JSON.stringify(shell)}`,
          why: `it must be ${shells.join(' or ')}`,
          mend: 'For example: source <(lockstep completion bash)',
        });
      }
      await print(scripts[shell]((await commands()).map(commandShape)));
      return ExitCode.done;
    },
  };
}

function isShell(text: string): text is Shell {
  return shells.some((shell) => shell === text);
}
