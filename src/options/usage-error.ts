// What commander says of a command line, said as every other error: what, why, and how to mend it. Pure.

import { LockstepError } from '../errors.ts';
import { nearestOf } from '../text/nearest.ts';
import { notHere, otherCommands, otherNames } from './other-names.ts';

/** A command, what it takes besides flags ("<run> <file...>"), and all its flags. */
export interface TypedCommand {
  readonly name: string;
  readonly operands: string;
  readonly flags: readonly string[];
}

/** What is meant by a word behind a command that takes none. */
const instead: Readonly<Record<string, string>> = {
  train: 'Data are named by --data PATH, a run by --resume DIR or --out DIR; lists have commas: --hidden 128,64',
  worker: 'The coordinator is named by --connect ws://HOST:PORT',
};

/**
 * `code` and `message` are commander's. `typed` is null where no command was typed; `all` are the commands that there are, the
 * first of them the one whose flags are tried then.
 */
export function usageError(
  { code, message }: { readonly code: string; readonly message: string },
  typed: TypedCommand | null,
  all: readonly [TypedCommand, ...TypedCommand[]],
): LockstepError {
  const [said = message, suggestion] = message.replace(/^error: /, '').split('\n');
  // of --no-such-flag=value not the value where that may be an address with a password, however it is spelled
  const what = said.replace(/'(-[^'=]*)=.*@.*/s, "'$1'").replace(/\.$/, '');
  const { name, operands } = typed ?? { name: '', operands: '' };
  const called = ['lockstep', name, operands].filter((word) => word !== '').join(' ');
  const help = `${['lockstep', name].filter((word) => word !== '').join(' ')} --help lists all flags`;
  const [why, mend] = ((): [string, string] => {
    switch (code) {
      case 'commander.unknownOption':
        return ['there is no flag of that name here', mendFlag(what, typed, all) ?? help];
      case 'commander.unknownCommand':
        return [
          'there is no command of that name',
          // commander names only what is very near
          mendCommand(/'(.*)'/s.exec(what)?.[1] ?? '', suggestion?.replace(/[()]/g, '')),
        ];
      case 'commander.optionMissingArgument':
        return ['this flag takes a value', `Write it behind the flag: ${/'(.*)'/.exec(what)?.[1] ?? help}`];
      case 'commander.excessArguments':
        return [`it is called as ${called} [flags]`, instead[name] ?? help];
      case 'commander.missingArgument':
        return [`it is called as ${called} [flags]`, `${help}, and has examples`];
      default:
        return ['the command line cannot be understood', help];
    }
  })();
  return new LockstepError({
    code: 'ERR_LOCKSTEP_UNKNOWN_OPTION',
    what: what.charAt(0).toUpperCase() + what.slice(1),
    why,
    mend,
  });
}

/** A flag that was left without its value would take the next flag for it, unheard. @throws LockstepError */
export function refuseFlagAsValue(flag: string, value: string, { flags }: TypedCommand): void {
  if (!flags.includes(value)) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `${flag} has no value`,
    why: `what follows it is another flag, ${value}`,
    mend: `Give ${flag} its value; of a file that is really called so: ./${value}`,
  });
}

/** As of a variable of the shell that is not set. @throws LockstepError */
export function refuseEmptyOperand(given: readonly string[], { name, operands }: TypedCommand): void {
  if (!given.includes('')) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: 'An argument is empty',
    why: `it is called as lockstep ${name} ${operands} [flags]`,
    mend: 'Name what is meant; where that stands in a variable of the shell, it is not set',
  });
}

/** `lockstep help NAME`, of which commander only prints the help of all. */
export function unknownTopic(topic: string, commands: readonly string[]): LockstepError {
  const nearest = nearestOf(topic, commands);
  return new LockstepError({
    code: 'ERR_LOCKSTEP_UNKNOWN_OPTION',
    what: `Unknown command '${topic}'`,
    why: 'there is no command of that name',
    mend: mendCommand(topic, nearest && `Did you mean ${nearest}?`),
  });
}

/** `suggestion`: where the name is nobody else's for a command of ours. */
function mendCommand(typed: string, suggestion = 'lockstep --help lists all commands'): string {
  const meant = otherCommands.get(typed.toLowerCase());
  return meant === undefined ? suggestion : `Did you mean lockstep ${meant}?`;
}

/** null: nobody knows what was meant. */
function mendFlag(what: string, typed: TypedCommand | null, all: readonly [TypedCommand, ...TypedCommand[]]) {
  const [, flag, value] = /'(-[^'=]*)(=?)/.exec(what) ?? [];
  if (flag === undefined) return null;
  const own = typed?.flags ?? ['--version', '--help'];
  if (own.includes(flag)) return value === '=' ? `${flag} takes no value` : `Flags follow the command: ${flag}`;
  if (typed === null && all[0].flags.includes(flag)) return `Flags follow the command: lockstep ${all[0].name} ${flag}`;
  const bare = flag.replace(/^-+/, '').replaceAll('_', '-').toLowerCase();
  const meant = otherNames.get(bare)?.find((name) => own.includes(name)) ?? null;
  if (meant !== null) return `Did you mean ${meant}?`;
  const none = notHere.get(bare);
  if (none !== undefined && own.includes('--threads')) return none;
  const having = all.filter(({ flags }) => flags.includes(flag)).map(({ name }) => `lockstep ${name}`);
  if (having.length > 0 && typed !== null) {
    return `It is a flag of ${having.slice(0, 3).join(', ')}; lockstep ${typed.name} --help lists those of this command`;
  }
  const nearest = nearestOf(flag, own);
  return nearest === undefined ? null : `Did you mean ${nearest}?`;
}
