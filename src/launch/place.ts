// Which of the processes that one command started this is, by what a launcher says of it in the environment. Types, and how a
// variable is read; each launcher has a file of its own. Knows nothing of files and sockets.

import { LockstepError } from '../errors.ts';

export const launcherNames = ['none', 'auto', 'slurm', 'mpi', 'kubernetes', 'env'] as const;
export type LauncherName = (typeof launcherNames)[number];
/** Whoever started the processes. */
export type Launcher = Exclude<LauncherName, 'none' | 'auto'>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A process of a launch. */
export interface Place {
  readonly launcher: Launcher;
  /** 0 to below `size`; 0 becomes the coordinator. */
  readonly rank: number;
  /** All processes of the launch. */
  readonly size: number;
  /** The variables that say so, as NAME=value. */
  readonly found: readonly string[];
  /** Ranks on this host, this one included; null: it is not said. */
  readonly ranksOnHost: number | null;
  /** All ranks are on this host. */
  readonly oneHost: boolean;
  /** Cores that were granted to this rank alone; null: it is not said. */
  readonly cores: number | null;
  /** The launcher bound this rank to processors of its own. */
  readonly bound: boolean;
  /** Tells this launch from others; null: nothing does. */
  readonly id: string | null;
  /** Where rank 0 may be, the likeliest first; empty: it is not said. */
  readonly hosts: readonly string[];
  /** Where rank 0 is to listen; null: it is not said. */
  readonly port: number | null;
  /** All ranks were started in the same working folder of a shared file system, as far as the launcher sees to that. */
  readonly sharesFolder: boolean;
}

/** Some of a launcher's variables are there, and too few. */
export interface Fragment {
  readonly launcher: Launcher;
  readonly found: readonly string[];
  /** Why that is no launch, as a sentence without its full stop. */
  readonly lacks: string;
  readonly mend: string;
}

/** null: nothing of that launcher is there. */
export type Recognised = { readonly place: Place } | { readonly partial: Fragment } | null;

/** Set, and not to nothing. */
export function has(env: Environment, name: string): boolean {
  return env[name] !== undefined && env[name] !== '';
}

/** As an error and a log show it. */
export function shown(env: Environment, name: string): string {
  const value = env[name] ?? '';
  return `${name}=${value.length > 60 ? `${value.slice(0, 60)}...` : value}`;
}

export function allShown(env: Environment, names: readonly string[]): string[] {
  return names.filter((name) => has(env, name)).map((name) => shown(env, name));
}

/**
 * null where it is not set.
 * @throws LockstepError where it is no whole number from `least` on
 */
export function wholeNumber(env: Environment, name: string, least: number, most = 1e7): number | null {
  if (!has(env, name)) return null;
  const text = env[name]!.trim();
  const value = /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_LAUNCH',
    what: `${shown(env, name)} cannot be used`,
    why: `it must be a whole number from ${least}${most === 1e7 ? '' : ` to ${most}`}`,
    mend: 'Correct or unset it, or use --launcher none',
  });
}

/**
 * What several variables say of the same thing; null where none of them is set.
 * @throws LockstepError where two of them differ
 */
export function agreed(env: Environment, names: readonly string[], least: number): number | null {
  let first: { readonly name: string; readonly value: number } | null = null;
  for (const name of names) {
    const value = wholeNumber(env, name, least);
    if (value === null) continue;
    if (first !== null && first.value !== value) throw contradiction([shown(env, first.name), shown(env, name)]);
    first ??= { name, value };
  }
  return first?.value ?? null;
}

/** `sayings`: both, each with its value. */
export function contradiction(sayings: readonly string[], mend?: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_LAUNCH',
    what: `The launcher's variables contradict each other: ${sayings.join(' and ')}`,
    why: 'which process of the launch this is cannot be both',
    mend:
      mend ??
      'Correct or unset one of them, or name the launcher that is right: --launcher slurm, mpi, kubernetes or env',
  });
}

/** @throws LockstepError where the rank is none of the launch */
export function checkRank(env: Environment, rank: number, rankName: string, size: number, sizeName: string): void {
  if (rank >= size) throw contradiction([shown(env, rankName), shown(env, sizeName)]);
}

/** The first of these that is set. */
export function firstSet(env: Environment, names: readonly string[]): string | null {
  return names.find((name) => has(env, name)) ?? null;
}

/**
 * What scripts say of rank 0, whatever starts the processes.
 * @throws LockstepError where the host is none, or the port
 */
export function masterOf(env: Environment): { readonly hosts: readonly string[]; readonly port: number | null } {
  const text = env['MASTER_ADDR']?.trim() ?? '';
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (host !== '' && !isHost(host)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_LAUNCH',
      what: `${shown(env, 'MASTER_ADDR')} cannot be used`,
      why: 'it must be a host name or an IP address alone',
      mend: 'Write the host into MASTER_ADDR and the port into MASTER_PORT; or use --launcher none',
    });
  }
  return { hosts: host === '' ? [] : [host], port: wholeNumber(env, 'MASTER_PORT', 1, 65_535) };
}

/** The zone of an address (fe80::1%eth0) is one host's own, and no URL has it. */
function isHost(text: string): boolean {
  return text.includes(':')
    ? /^[\da-f:.]+$/i.test(text) && URL.canParse(`ws://[${text}]/`)
    : /^[\w-]+(\.[\w-]+)*\.?$/.test(text);
}
