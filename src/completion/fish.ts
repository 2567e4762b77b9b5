// The commands as a script by which fish completes them. All stands in the script: a TAB starts no program. Pure.

import type { CommandShape, FlagShape, ValueShape } from './shape.ts';

export function fishScript(commands: readonly CommandShape[]): string {
  return `# Completion of lockstep for fish. For this shell:
#   lockstep completion fish | source
# For all to come:
#   lockstep completion fish > ~/.config/fish/completions/lockstep.fish
# Once more after an update of lockstep.

function __lockstep_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = $argv[1]
end

function __lockstep_first
    test (count (commandline -opc)) -eq 1
end

# folders that hold a config.json: here, in runs/, and where the word that is typed leads
function __lockstep_runs
    set -l typed (commandline -ct)
    set -l found */config.json runs/*/config.json
    string match -q '*/*' -- "$typed"; and set found $typed*/config.json
    set found (string replace -r '/config.json$' '' -- $found | string match -e -- "$typed")
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_directories
    end
end

complete -c lockstep -f
complete -c lockstep -n __lockstep_first -l help -d 'show the help'
complete -c lockstep -n __lockstep_first -l version -d 'show the version'
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ name, summary, operands, flags }: CommandShape): string[] {
  const here = `complete -c lockstep -n ${quotedForFish(`__lockstep_is ${name}`)}`;
  return [
    `complete -c lockstep -n __lockstep_first -a ${name} -d ${quotedForFish(summary)}`,
    ...flags.map((flag) => `${here} ${flagPart(flag)}`),
    // fish does not count operands: what any of them may be is offered for each
    ...[...new Set(operands.map((operand) => `${here} ${valuePart(operand)}`))],
  ];
}

function flagPart({ flag, help, value }: FlagShape): string {
  const named = `-l ${flag.replace(/^--/, '')} -d ${quotedForFish(help)}`;
  return value === null ? named : `${named} -r ${valuePart(value)}`;
}

function valuePart({ words, path }: ValueShape): string {
  if (path === 'file') return '-F';
  if (path === 'folder') return `-f -a '(__fish_complete_directories)'`;
  if (path === 'run') return `-f -a '(__lockstep_runs)'`;
  return words.length === 0 ? '-f' : `-f -a ${quotedForFish(words.join(' '))}`;
}

/** In fish's single quotes only a quote and a backslash mean something. */
function quotedForFish(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
