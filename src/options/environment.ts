// The variables LOCKSTEP_*: one for each flag of train and worker, and the few that are something else. What the environment holds ->
// values, and what is to be said of the rest. Pure: the environment is handed in.
//
// A variable that nobody knows does not end a command, as a flag does: who sets it may be another program, another version or
// Kubernetes, and whoever starts the command may not be able to unset it. One that is known and impossible does.

import { LockstepError } from '../errors.ts';
import { nearestOf } from '../text/nearest.ts';
import { shownTyped } from '../text/shown-value.ts';
import type { Flag } from './flags.ts';
import { optionKeys } from './option-table.ts';
import { workerFlags } from './worker-flags.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface FromEnvironment {
  /** Under the keys of the flags. */
  readonly values: Readonly<Record<string, unknown>>;
  /** A line each. */
  readonly remarks: readonly string[];
}

const prefix = 'LOCKSTEP_';

/** batchSize -> LOCKSTEP_BATCH_SIZE */
export function variableName(key: string): string {
  return prefix + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

export const environmentHelp = `Environment: each flag may be a variable as well, LOCKSTEP_BATCH_SIZE=256 for --batch-size 256; of flags without a value
1 or 0, LOCKSTEP_REPORT=0 for --no-report. A flag goes before a variable, and a variable before a configuration file.
Empty ones count as not set. A terminal is shown colours, but not with NO_COLOR=1; FORCE_COLOR brings them into pipes and files as well: 1 for
16 colours, 2 for 256 (pictures), 0 for none.`;

export const switchWords = '1, true, yes or on, or else 0, false, no or off';

/** Of a flag without a value. Text that is none of the words comes back as it is. */
export function switchFromText(text: string): unknown {
  const word = text.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  return ['0', 'false', 'no', 'off'].includes(word) ? false : text;
}

const ofFlags = [...new Set([...optionKeys, 'config', ...Object.keys(workerFlags)])].map(variableName);
/** Those that are no flags: secrets, those of deploy/systemd, and those of the tests, which may pass them on. */
const others = [
  ...['TOKEN', 'COORDINATOR', 'OPTIONS', 'LIVES', 'RESULTS', 'ONNXRUNTIME', 'CHURN_SECONDS', 'SCREENSHOTS', 'PAGES'],
  ...['KINDS', 'THOROUGH', 'PROFILE', 'AT', 'NTH', 'SIGNAL', 'HANGS', 'TEST_SEED'],
].map((name) => prefix + name);
const known: ReadonlySet<string> = new Set([...ofFlags, ...others]);

/** More lines of a kind would hide what else is said. */
const MOST_REMARKS = 5;

/** @throws LockstepError for a value that a flag cannot have */
export function readEnvironment(flags: object, env: Environment): FromEnvironment {
  const rows = Object.entries<Flag<unknown>>(flags as Readonly<Record<string, Flag<unknown>>>);
  const set = Object.entries(env).filter(
    ([name, text]) => name.startsWith(prefix) && text !== undefined && text !== '',
  );
  const texts = new Map(set as [string, string][]);
  const linked = ofFlags.filter((name) => isLinkAddress(texts.get(name) ?? ''));
  const values = rows.flatMap(([key, row]) => {
    const name = variableName(key);
    const text = texts.get(name);
    return text === undefined || linked.includes(name) ? [] : [[key, valueFrom(name, text, row)] as const];
  });
  const unknown = [...texts].filter(([name, text]) => !known.has(name) && !isServiceLink(name, text));
  const names = unknown.map(([name]) => name).sort();
  return {
    values: Object.fromEntries(values),
    remarks: [
      ...linked.map((name) => `${name} is passed over: it is what Kubernetes says of a Service (enableServiceLinks)`),
      ...names.slice(0, MOST_REMARKS).map(passedOver),
      ...(names.length > MOST_REMARKS ? [`Warning: ${names.length - MOST_REMARKS} more of that kind`] : []),
    ],
  };
}

function valueFrom(name: string, text: string, { flag, kind }: Flag<unknown>): unknown {
  const isSwitch = !/[<[]/.test(flag);
  const [value, asSwitch] = [isSwitch ? text : kind.fromText(text), switchFromText(text)];
  if (!isSwitch && kind.accepts(value)) return value;
  // a flag with a value may have one without it beside it, or say no by false
  if (typeof asSwitch === 'boolean' && kind.accepts(asSwitch)) return asSwitch;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `The variable ${name} cannot be ${shownTyped(value, kind)}`,
    why: `it must be ${isSwitch ? switchWords : kind.allowed}`,
    mend: `Set it to such a value, or unset it: env -u ${name} lockstep ...`,
  });
}

/** Kubernetes sets them for each Service of a name that begins with lockstep, in every pod that does not decline them. */
function isServiceLink(name: string, text: string): boolean {
  if (/_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true;
  return /_PORT$/.test(name) && isLinkAddress(text);
}

function isLinkAddress(text: string): boolean {
  return /^(tcp|udp|sctp):\/\//.test(text);
}

function passedOver(name: string): string {
  const bare = name.slice(prefix.length);
  const negative = ofFlags.find((one) => one === prefix + bare.replace(/^NO_/, ''));
  // the prefix, which all share, would make all of them near
  const nearest = nearestOf(
    bare,
    ofFlags.map((one) => one.slice(prefix.length)),
  );
  const mend =
    negative !== undefined
      ? `Did you mean ${negative}=0?`
      : nearest === undefined
        ? 'lockstep train --help says how they are named'
        : `Did you mean ${prefix}${nearest}?`;
  return `Warning: the variable ${name} is passed over: no flag has that name. ${mend}`;
}
