// The command that trains a run once more, to be read by people elsewhere: what its bits depend on, where that is not the default.
// Pure.

import { shellWord } from '../text/shell-command.ts';
import { flagName, type OptionKey, optionKeys, optionTable } from './option-table.ts';
import { flagText, type Kind } from './value-kinds.ts';

/** What shows neither in the bits nor in their end. */
const idle: readonly OptionKey[] = ['threads', 'checkpointEvery', 'keepLast', 'checkpointErrors'];
/** Where things lie here is nobody's affair elsewhere, and of no use there. */
const places: readonly OptionKey[] = ['data', 'init'];

/** `config`: the recorded options. In the stead of a place stands its flag's name: "--data DATA". */
export function trainCommand(config: Readonly<Record<string, unknown>>, digest: string): string {
  const words = optionKeys.flatMap((key) => {
    const { recorded, default: usual } = optionTable[key];
    const value = config[key];
    const same = value === undefined || JSON.stringify(value) === JSON.stringify(usual);
    if (!recorded || idle.includes(key) || same) return [];
    const name = flagName(key);
    if (places.includes(key)) return [name, name.slice(2).toUpperCase()];
    if (value === true) return [name];
    if (value === false) return [`--no-${name.replace(/^--(no-)?/, '')}`];
    return [name, shellWord(textOf(key, value))];
  });
  return ['lockstep train', ...words, '--expect-digest', digest].join(' ');
}

function textOf(key: OptionKey, value: unknown): string {
  return flagText(optionTable[key].kind as Kind<unknown>, value);
}
