// The commands as a script by which bash completes them. All stands in the script: a TAB starts no program. Pure.

import { type CommandShape, quoted, type ValueShape } from './shape.ts';

export function bashScript(commands: readonly CommandShape[]): string {
  return `# Completion of lockstep for bash 4 or newer. For this shell:
#   source <(lockstep completion bash)
# For all to come, with the package bash-completion:
#   mkdir -p ~/.local/share/bash-completion/completions
#   lockstep completion bash > ~/.local/share/bash-completion/completions/lockstep
# Once more after an update of lockstep.

# "command --flag" or "command operand number" -> in \`choices\` what may stand there: words, :file, :folder, :run or nothing.
# It fails where nothing may.
_lockstep_choices() {
  case "$1" in
${[...choicesOf(commands)].map(([choices, names]) => `    ${names.map(quoted).join('|')}) choices=${quoted(choices)} ;;`).join('\n')}
    *) return 1 ;;
  esac
}

_lockstep_flags() {
  case "$1" in
${commands.map(({ name, flags }) => `    ${name}) flags=${quoted(flags.map(({ flag }) => flag).join(' '))} ;;`).join('\n')}
  esac
}

# those that begin as what is typed; in this very process, which compgen would need another for
_lockstep_words() {
  local word IFS=' '
  for word in $1; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done
}

# folders that hold a config.json: here, in runs/, and where the word that is typed leads
_lockstep_runs() {
  local found word typed=\${cur//\\\\/} failing='' places=()
  # where nothing is found is no error
  shopt -q failglob && failing=1 && shopt -u failglob
  if [[ $typed == */* ]]; then places=("$typed"*/config.json); else places=(*/config.json runs/*/config.json); fi
  [[ $failing ]] && shopt -s failglob
  for found in "\${places[@]}"; do
    [[ $found == "$typed"* && -e $found ]] || continue
    printf -v word '%q' "\${found%/config.json}"
    COMPREPLY+=("$word")
  done
  (( \${#COMPREPLY[@]} > 0 )) || compopt -o dirnames
}

_lockstep() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} flag='' choices='' flags='' operand=1 i
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    _lockstep_words ${quoted([...commands.map(({ name }) => name), '--help', '--version'].join(' '))}
    return
  fi
  # bash takes --flag=value for three words
  if [[ $cur == '=' ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-1]} cur=''
  elif [[ \${COMP_WORDS[COMP_CWORD-1]} == '=' ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-2]}
  elif [[ \${COMP_WORDS[COMP_CWORD-1]} == -* ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-1]}
  fi
  if [[ -z $flag ]] || ! _lockstep_choices "$command $flag"; then
    if [[ $cur == -* ]]; then
      _lockstep_flags "$command"
      _lockstep_words "$flags"
      return
    fi
    for (( i = 2; i < COMP_CWORD; i++ )); do
      if [[ \${COMP_WORDS[i]} != -* ]]; then
        (( operand++ ))
      elif _lockstep_choices "$command \${COMP_WORDS[i]}"; then
        [[ \${COMP_WORDS[i+1]} == '=' ]] && (( i++ ))
        (( i++ ))
      fi
    done
    choices=''
    _lockstep_choices "$command $operand" || _lockstep_choices "$command more" || return
  fi
  case "$choices" in
    :file) compopt -o default ;;
    :folder) compopt -o dirnames ;;
    :run) _lockstep_runs ;;
    *) _lockstep_words "$choices" ;;
  esac
}

complete -F _lockstep lockstep
`;
}

/** Each with all the places where it stands. */
function choicesOf(commands: readonly CommandShape[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const add = (place: string, { words, path }: ValueShape) => {
    const choices = path === null ? words.join(' ') : `:${path}`;
    found.set(choices, [...(found.get(choices) ?? []), place]);
  };
  for (const { name, flags, operands, many } of commands) {
    for (const { flag, value } of flags) if (value !== null) add(`${name} ${flag}`, value);
    for (const [i, operand] of operands.entries()) add(`${name} ${i + 1}`, operand);
    if (many) add(`${name} more`, operands.at(-1)!);
  }
  return found;
}
