// What `train` and `config` are asked: their flags, and the layers that these and the environment and a configuration file make.

import type { Given } from '../../src/command.ts';
import { readConfigFile } from '../../src/host/files/config-file.ts';
import type { Flags } from '../../src/options/flags.ts';
import type { Layer } from '../../src/options/layers.ts';
import { optionTable } from '../../src/options/option-table.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { filePath } from '../../src/options/value-kinds.ts';

/** Only what was given: defaults would hide the configuration file. */
export interface AskedFlags {
  readonly given: Given;
  readonly fromEnvironment: Given;
  readonly configFile: string | undefined;
}

export type TypedFlags = TrainOptions & { readonly config: string | undefined };

export const trainFlags: Flags<TypedFlags> = {
  ...optionTable,
  config: {
    flag: '--config <file>',
    kind: filePath,
    default: undefined,
    help: 'JSON file of options ("batchSize": 256); a flag goes before the file',
  },
};

/** They are checked later, over the configuration file and the run that is resumed. */
export function askedOf({ config: typed, ...given }: Given, { config, ...fromEnvironment }: Given): AskedFlags {
  return { given, fromEnvironment, configFile: (typed ?? config) as string | undefined };
}

/** The lowest first. */
export async function layersOf({ given, fromEnvironment, configFile }: AskedFlags): Promise<readonly Layer[]> {
  return [
    { origin: 'file', ...(configFile === undefined ? { values: {} } : await readConfigFile(configFile)) },
    { origin: 'environment', values: fromEnvironment },
    { origin: 'flag', values: given },
  ];
}
