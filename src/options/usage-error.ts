// What commander says of a command line, said as every other error: what, why, and how to mend it. Pure.

import { LockstepError } from '../errors.ts';
import { didYouMean } from '../text/nearest.ts';

/** The command that was typed, and all its flags. */
export interface TypedCommand {
  readonly name: string;
  readonly flags: readonly string[];
}

/** `code` and `message` are commander's. */
export function usageError(
  { code, message }: { readonly code: string; readonly message: string },
  typed: TypedCommand,
): LockstepError {
  const [said = message, suggestion] = message.replace(/^error: /, '').split('\n');
  // of --no-such-flag=value not the value where that may be an address with a password, however it is spelled
  const what = said.replace(/'(-[^'=]*)=.*@.*/s, "'$1'");
  const whys: Record<string, string> = {
    'commander.unknownOption': 'there is no flag of that name here',
    'commander.unknownCommand': 'there is no command of that name',
    'commander.optionMissingArgument': 'this flag takes a value',
    'commander.excessArguments': 'everything else is given by flags',
    'commander.missingArgument': 'the command needs it',
  };
  // Commander names only flags that are very near.
  const flag = code === 'commander.unknownOption' ? /'(-[^'=]*)/.exec(what)?.[1] : undefined;
  return new LockstepError({
    code: 'ERR_LOCKSTEP_UNKNOWN_OPTION',
    what: what.charAt(0).toUpperCase() + what.slice(1),
    why: whys[code] ?? 'the command line cannot be understood',
    mend: flag
      ? mendFlag(flag, typed)
      : (suggestion?.replace(/[()]/g, '') ?? `lockstep ${typed.name} --help lists all flags`),
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

function mendFlag(flag: string, { name, flags }: TypedCommand): string {
  return flags.includes(flag) ? `Flags follow the command: lockstep ${name} ${flag}` : didYouMean(flag, flags);
}
