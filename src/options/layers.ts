// Layers of options, each from one place: every value of each is checked, and the highest that has an option says its value and
// where it comes from. Knows nothing of how options depend on each other.

import { LockstepError } from '../errors.ts';
import { didYouMean } from '../text/nearest.ts';
import { shownOption, shownTyped } from '../text/shown-value.ts';
import { flagName, type OptionKey, optionKeys, optionTable, valueBefore } from './option-table.ts';
import { presets } from './presets.ts';
import type { PresetName } from './train-options.ts';
import type { Kind } from './value-kinds.ts';

/** `run`: that which goes on; `option`: of the library. */
export type LayerOrigin = 'run' | 'file' | 'environment' | 'flag' | 'option';

/** Where a value comes from. A preset counts where it is named, under what else is given there. */
export type Source = 'default' | LayerOrigin | { readonly preset: PresetName; readonly named: LayerOrigin };

export interface Layer {
  readonly origin: LayerOrigin;
  readonly values: object;
  /** Of a file: where a key stands in which, for people. */
  readonly placeOf?: (key: string) => string;
}

/** Of config.json what came of the options (run-record.ts). --config passes over it. */
export const recordKey = 'record';
/** Of config.json what its options may be, for editors. */
export const schemaKey = '$schema';

interface Entry {
  readonly value: unknown;
  readonly from: Source;
}

/**
 * All that some layer gives. What a higher one overrules is checked as well: a wrong file is wrong. A preset goes before what lies
 * under the layer that names it, and never before what is typed or set: named by a flag it goes before the file, since a run's
 * config.json has every option, but not before a variable.
 */
export function stacked(layers: readonly Layer[]): ReadonlyMap<OptionKey, Entry> {
  const all = layers.map((layer) => ({ origin: layer.origin, values: checked(layer) }));
  const kept = all.filter(({ origin }) => isKept(origin));
  const asked = all.filter(({ origin }) => !isKept(origin));
  const named = asked.findLast(({ values }) => values.has('preset'));
  return new Map([
    ...kept.flatMap((layer) => [...ofPreset(layer), ...ofLayer(layer)]),
    ...(named === undefined ? [] : ofPreset(named)),
    ...asked.flatMap(ofLayer),
  ]);
}

type Checked = Layer & { readonly values: ReadonlyMap<OptionKey, unknown> };

/** Whether it was written down before, and not said now. */
function isKept(origin: LayerOrigin): boolean {
  return origin === 'run' || origin === 'file';
}

function ofLayer({ origin, values }: Checked): [OptionKey, Entry][] {
  return [...values].map(([key, value]) => [key, { value, from: origin }]);
}

/** What the preset that it names, if it names one, stands for. */
function ofPreset({ origin, values }: Checked): [OptionKey, Entry][] {
  const name = values.get('preset') as PresetName | undefined;
  if (name === undefined) return [];
  const entries = Object.entries(presets[name]) as [OptionKey, unknown][];
  return entries.map(([key, value]) => [key, { value, from: { preset: name, named: origin } }]);
}

/** Options that were otherwise in runs that do not record them. */
const beforeRecords = Object.fromEntries(
  optionKeys.filter((key) => valueBefore(key) !== optionTable[key].default).map((key) => [key, valueBefore(key)]),
);

function checked({ origin, values, placeOf }: Layer): Map<OptionKey, unknown> {
  const accepted = new Map<OptionKey, unknown>();
  const inFile = isKept(origin);
  const where = (key: string) => `the configuration file${placeOf === undefined ? '' : ` ${placeOf(key)}`}`;
  // what a run did not record was as it was then
  const whole = inFile && recordKey in values ? { ...beforeRecords, ...values } : values;
  for (const [name, value] of Object.entries(whole)) {
    // those of config.json that are no options
    if (inFile && (name === recordKey || name === schemaKey)) continue;
    const key = optionKeys.find((known) => known === name);
    if (key === undefined) throw unknownKey(name, inFile ? where(name) : null);
    if (value === undefined) continue;
    if (!optionTable[key].kind.accepts(value)) throw refused(key, value, origin, where(key));
    const { inOneForm } = optionTable[key].kind as Kind<unknown>;
    accepted.set(key, inOneForm === undefined ? value : inOneForm(value));
  }
  return accepted;
}

/** `file`: in which, and where; null: in none. */
function unknownKey(name: string, file: string | null): LockstepError {
  return new LockstepError({
    code: file === null ? 'ERR_LOCKSTEP_UNKNOWN_OPTION' : 'ERR_LOCKSTEP_BAD_CONFIG',
    what: file === null ? `Unknown option "${name}"` : `Unknown key "${name}" in ${file}`,
    why: 'lockstep train has no option of that name',
    mend: didYouMean(name, optionKeys),
  });
}

function refused(key: OptionKey, value: unknown, origin: LayerOrigin, where: string): LockstepError {
  const inFile = isKept(origin);
  const library = origin === 'option' ? `The option "${key}"` : flagName(key);
  const row = optionTable[key];
  // in a file "3" is another value than 3
  const quoted = inFile && typeof value === 'string' && value !== '';
  const said = origin === 'flag' ? shownTyped(value, row.kind) : shownOption(value, row.kind);
  const shown = quoted ? `"${said}"` : said;
  const meant = (row.kind as Kind<unknown>).meant?.(value) ?? null;
  return new LockstepError({
    code: inFile ? 'ERR_LOCKSTEP_BAD_CONFIG' : 'ERR_LOCKSTEP_BAD_OPTION',
    what: `${inFile ? `"${key}" in ${where}` : library} cannot be ${shown}`,
    why: `it must be ${row.kind.allowed}`,
    mend:
      meant === null
        ? `Give such a value, or leave it out for the default (${row.defaultText ?? row.default})`
        : `Did you mean ${shownOption(meant, row.kind)}?`,
  });
}
