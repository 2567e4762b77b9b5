// `lockstep config`: the options that `lockstep train` would have, and where each comes from. Trains nothing, and reads no data.

import type { Command } from '../../src/command.ts';
import { ExitCode } from '../../src/errors.ts';
import type { Resolved } from '../../src/options/config.ts';
import { environmentHelp, variableName } from '../../src/options/environment.ts';
import type { Source } from '../../src/options/layers.ts';
import { flagName, type OptionKey, optionKeys, optionTable } from '../../src/options/option-table.ts';
import { flagText, type Kind } from '../../src/options/value-kinds.ts';
import { shownOption } from '../../src/text/shown-value.ts';
import { resolveLayersWithRun } from '../training/resolve-with-run.ts';
import { type AskedFlags, askedOf, layersOf, type TypedFlags, trainFlags } from './asked-flags.ts';
import { jsonLine, table } from './result-text.ts';

export const config: Command<AskedFlags, TypedFlags> = {
  name: 'config',
  summary: 'Show what lockstep train would be asked with the same flags, and where each value comes from.',
  operands: '',
  flags: trainFlags,
  help: `
Examples:
  $ lockstep config --preset best --config my.json
  $ LOCKSTEP_BATCH_SIZE=256 lockstep config --resume runs/first
  $ lockstep config --json | jq '.from | with_entries(select(.value != "default"))'

It takes the flags of lockstep train, trains nothing and reads no data. Where a run is resumed, its config.json lies under all that
is given. --json: {"options": {...}, "from": {...}, "given": {...}}, each under the names of a configuration file; "given" says by
which flag, variable, file, preset or run. Passwords in addresses are not shown.

${environmentHelp}

Exit codes: 0 shown, 2 what train would refuse before it looks at data.`,
  takesEnvironment: true,
  options: askedOf,
  run: async (_, asked, { print, showStacks, cores, columns }) => {
    const { options, sources } = await resolveLayersWithRun(await layersOf(asked), cores);
    showStacks(options.verbose);
    const given = (key: OptionKey) => givenBy(key, sources[key], asked, options.resume);
    const rows = optionKeys.map((key) => ({ key, value: options[key], ...given(key) }));
    if (!options.json) {
      const cells = rows.map((row) => [row.key, cellOf(row.key, row.value), row.by ?? row.from]);
      await print(table([['Option', 'Value', 'From'], ...cells], columns));
      return ExitCode.done;
    }
    const each = (pick: (row: (typeof rows)[number]) => unknown) =>
      Object.fromEntries(rows.map((row) => [row.key, pick(row)]).filter(([, value]) => value !== null));
    await print(
      jsonLine({
        options: Object.fromEntries(rows.map(({ key, value }) => [key, withoutSecret(key, value)])),
        from: each(({ from }) => from),
        given: each(({ by }) => by),
      }),
    );
    return ExitCode.done;
  },
};

/** `by`: the flag, variable, file or run itself; null: by nobody. */
function givenBy(
  key: OptionKey,
  source: Resolved['sources'][OptionKey],
  { configFile }: AskedFlags,
  run: string | null,
): { readonly from: string; readonly by: string | null } {
  const inLayer = (layer: Exclude<Source, object>, of: OptionKey): string =>
    ({
      default: '',
      run: `config.json of ${run}`,
      file: `file ${configFile}`,
      environment: `variable ${variableName(of)}`,
      flag: `flag ${flagName(of)}`,
      option: '',
    })[layer];
  if (typeof source === 'object') {
    return { from: 'preset', by: `preset ${source.preset} (${inLayer(source.named, 'preset')})` };
  }
  return { from: source, by: source === 'default' ? null : inLayer(source, key) };
}

/** With what stands in the help for a value that says nothing. */
function cellOf(key: OptionKey, value: unknown): string {
  const { defaultText, kind } = optionTable[key];
  const says = value !== null && !(Array.isArray(value) && value.length === 0);
  if (!says) return defaultText === undefined ? 'none' : `(${defaultText})`;
  return shownOption(flagText(kind as Kind<unknown>, value), kind);
}

function withoutSecret(key: OptionKey, value: unknown): unknown {
  const { shown } = optionTable[key].kind;
  if (shown === undefined) return value;
  const hidden = (one: unknown) => (typeof one === 'string' ? shown(one) : one);
  return Array.isArray(value) ? value.map(hidden) : hidden(value);
}
