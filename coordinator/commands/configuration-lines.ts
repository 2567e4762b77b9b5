// The configuration of a run as it stands before the run begins: whole, as JSON, for logs; on a terminal, where that would be a
// screenful, what of it is not as by default. Pure.

import { configForFile } from '../../src/options/config.ts';
import { type OptionKey, optionKeys, optionTable } from '../../src/options/option-table.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { flagText, type Kind } from '../../src/options/value-kinds.ts';
import { jsonText } from '../../src/run/disk-records.ts';
import { printable } from '../../src/text/clean-text.ts';
import { wrapped } from '../../src/text/wrapped.ts';

/** `width`: cells of the terminal; null: it is none. */
export function configurationLines(options: TrainOptions, width: number | null): string[] {
  if (width === null) return [`Configuration: ${jsonText(configForFile(options))}`];
  const other = optionKeys.filter(
    (key) => optionTable[key].recorded && JSON.stringify(options[key]) !== JSON.stringify(optionTable[key].default),
  );
  const text =
    other.length === 0
      ? 'as by default'
      : `${other.map((key) => `${key} ${valueText(key, options[key])}`).join(', ')}; else as by default`;
  return wrapped(`Configuration: ${printable(text)}`, width, 2);
}

function valueText(key: OptionKey, value: unknown): string {
  return flagText(optionTable[key].kind as Kind<unknown>, value);
}
