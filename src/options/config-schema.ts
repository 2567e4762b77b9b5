// What may stand in a configuration file, and so in config.json, as a JSON Schema: for editors, and for programs that write such files.
// Made of the rows of the options; what options ask of each other it cannot say.

import { recordKey, schemaKey } from './layers.ts';
import { type OptionKey, optionKeys, optionTable } from './option-table.ts';
import type { JsonSchema } from './value-kinds.ts';

/** Beside the config.json that names it. */
export const schemaFileName = 'config.schema.json';

export function configSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of lockstep train',
    description:
      'A file of --config, or the config.json of a run. What is left out is as by default. What options ask of each other, ' +
      'such as batchSize at least shards, is checked by lockstep config and lockstep train alone.',
    type: 'object',
    properties: {
      [schemaKey]: { type: 'string', description: 'where this schema is; the program passes over it' },
      ...Object.fromEntries(optionKeys.map((key) => [key, optionSchema(key)])),
      [recordKey]: {
        type: 'object',
        description: 'what came of the options in the run that wrote this file; --config passes over it',
      },
    },
    additionalProperties: false,
  };
}

/** As text of a file. */
export function configSchemaText(): string {
  return `${JSON.stringify(configSchema(), null, 2)}\n`;
}

function optionSchema(key: OptionKey): JsonSchema {
  const { flag, kind, help, default: value, defaultText } = optionTable[key];
  const usual = defaultText === undefined ? '' : ` (default: ${defaultText})`;
  return { description: `${flag}: ${help}${usual}. It must be ${kind.allowed}`, default: value, ...kind.schema };
}
