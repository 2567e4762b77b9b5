// The commands as a script by which zsh completes them. All stands in the script: a TAB starts no program. Pure.

import { type CommandShape, quoted, type ValueShape } from './shape.ts';

export function zshScript(commands: readonly CommandShape[]): string {
  return `#compdef lockstep
# Completion of lockstep for zsh. For this shell, where compinit has run:
#   source <(lockstep completion zsh)
# For all to come: into a folder of $fpath, before compinit runs in ~/.zshrc, such as
#   mkdir -p ~/.zfunc && lockstep completion zsh > ~/.zfunc/_lockstep     # fpath=(~/.zfunc $fpath); autoload -U compinit; compinit
# Once more after an update of lockstep.

# folders that hold a config.json: here, in runs/, and where the word that is typed leads
_lockstep_runs() {
  local -aU found
  if [[ $PREFIX == */* ]]; then
    found=(\${(Q)PREFIX}*/config.json(N:h))
  else
    found=(*/config.json(N:h) runs/*/config.json(N:h))
  fi
  found=(\${(M)found:#\${(Q)PREFIX}*})
  if (( $#found )); then
    compadd -M 'r:|/=* r:|=*' -a found
  else
    _path_files -/
  fi
}

_lockstep() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  if (( CURRENT == 2 )); then
    local -a commands
    commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`).join('\n')}
    )
    _describe command commands
    _arguments '--help[show the help]' '--version[show the version]'
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${commands.map(caseOf).join('\n')}
  esac
}

# as a file of $fpath it is called, and sourced it is announced
if [[ $funcstack[1] == _lockstep ]]; then
  _lockstep "$@"
else
  compdef _lockstep lockstep
fi
`;
}

function caseOf({ name, flags, operands, many }: CommandShape): string {
  const specs = [
    ...flags.map(
      ({ flag, help, value }) => `${flag}${value === null ? '' : '='}[${inBrackets(help)}]${argument(value)}`,
    ),
    ...operands.map((operand, i) => `${many && i === operands.length - 1 ? '*' : i + 1}${argument(operand)}`),
  ];
  return `    ${name})\n      _arguments \\\n${specs.map((spec) => `        ${quoted(spec)}`).join(' \\\n')}\n      ;;`;
}

/** What follows, and how it is completed. */
function argument(value: ValueShape | null): string {
  if (value === null) return '';
  const actions = { file: '_files', folder: '_files -/', run: '_lockstep_runs' };
  // a blank: nothing is offered
  const chosen = value.words.length > 0 ? `(${value.words.join(' ')})` : ' ';
  return `:${value.name.replaceAll(':', '\\:')}:${value.path === null ? chosen : actions[value.path]}`;
}

function inBrackets(text: string): string {
  return text.replaceAll(/[[\]\\]/g, '\\$&');
}
