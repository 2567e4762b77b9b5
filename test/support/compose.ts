// deploy/compose.yaml as a value, with the variables of an .env file put in, as Compose does it.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface ComposeService {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

/** @throws where a variable is not set that has to be */
export function composeWith(variables: Readonly<Record<string, string>>): Compose {
  const text = readFileSync(new URL('../../deploy/compose.yaml', import.meta.url), 'utf8');
  return parse(
    text.replaceAll(/\$\{(\w+)(?::\?([^}]*))?\}/g, (_, name: string, why: string) => {
      if (!variables[name]) throw new Error(`${name} ${why}`);
      return variables[name];
    }),
  );
}

/** The lines of an .env file. */
export function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split('\n').flatMap((line) => (line.includes('=') ? [line.split('=', 2)] : [])));
}
