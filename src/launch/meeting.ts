// Where the ranks of a launch meet: at which address rank 0 listens, where the others look for it, and what the file says that tells
// them. Pure. Knows nothing of how a file is written.

import { LockstepError } from '../errors.ts';
import type { Place } from './place.ts';

/** Where nobody says another. */
const DEFAULT_PORT = 7070;
/** Ports that rank 0 tries, from the first on: torchrun, and the job beside this one, may have it already. */
export const PORTS_TRIED = 16;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** What rank 0 leaves for the others. */
export interface Announcement {
  /** Of the launch; null: it has no name. */
  readonly launch: string | null;
  /** Where it listens, the likeliest first; empty: nowhere yet. */
  readonly urls: readonly string[];
  /** null: everybody was given it otherwise. */
  readonly token: string | null;
}

/** By which the others find rank 0, and prove who they are. */
export interface Means {
  /** They were all given a token. */
  readonly token: boolean;
  /** The file that rank 0 writes; null: there is no folder that all of them surely have. */
  readonly file: string | null;
}

/** `listen`: --listen, where it was given. */
export function listenAddress({ oneHost, port }: Place, listen: HostPort | null): HostPort {
  return listen ?? { host: oneHost ? '127.0.0.1' : '0.0.0.0', port: port ?? DEFAULT_PORT };
}

/** Where rank 0 may be, without a file: each host at the first port, then at the next. */
export function guessedUrls(place: Place, listen: HostPort | null, scheme: 'ws' | 'wss'): string[] {
  const { host, port } = listenAddress(place, listen);
  const named = isEverywhere(host) ? place.hosts : [host, ...place.hosts];
  // of port 0 nobody but rank 0 knows what it became
  if (port === 0) return [];
  const ports = Array.from({ length: PORTS_TRIED }, (_, i) => port + i).filter((one) => one <= 65_535);
  return ports.flatMap((one) => [...new Set(named)].map((name) => urlOf(scheme, name, one)));
}

/** `own`: name and addresses of rank 0's host, those of loopback left out. */
export function announcedUrls(place: Place, bound: HostPort, own: readonly string[], scheme: 'ws' | 'wss'): string[] {
  const names = isEverywhere(bound.host) ? [...place.hosts, ...own] : [bound.host];
  return [...new Set(names.length > 0 ? names : ['127.0.0.1'])].map((name) => urlOf(scheme, name, bound.port));
}

/** @throws LockstepError where the ranks could not find each other, or anybody could join them */
export function checkMeans(place: Place, { token, file }: Means, guesses: readonly string[]): void {
  if (!token && file === null) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_TOKEN_MISSING',
      what: 'The ranks of this launch have no token, and no file to hand one on',
      why: `launcher ${place.launcher} does not see to it that all ranks share a folder, and LOCKSTEP_TOKEN is not set`,
      mend: 'Make a token once, before the ranks are started, and hand it to all: LOCKSTEP_TOKEN=$(openssl rand -hex 32); or name a file that all can reach: --rendezvous FILE',
    });
  }
  if (file === null && guesses.length === 0) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_LAUNCH',
      what: 'Nothing says where rank 0 is',
      why: `launcher ${place.launcher} names no host, MASTER_ADDR is not set, and there is no file that rank 0 could leave it in`,
      mend: 'Set MASTER_ADDR to the host of rank 0, or name a file that all ranks can reach: --rendezvous FILE',
    });
  }
}

export function announcementText({ launch, urls, token }: Announcement): string {
  return `${JSON.stringify({ lockstep: 1, launch, urls, token }, null, 2)}\n`;
}

/** `launch`: the reader's own. `why` follows "the file". */
export function readAnnouncement(text: string, launch: string | null): Announcement | { readonly why: string } {
  const found = parsed(text);
  if (found === null) return { why: 'is not one of rank 0' };
  if (found.launch !== launch) return { why: `is of another launch (${shown(found.launch)}, not ${shown(launch)})` };
  if (found.urls.length === 0) return { why: 'says that rank 0 does not listen yet' };
  return found;
}

function parsed(text: string): Announcement | null {
  try {
    const { lockstep, launch, urls, token } = JSON.parse(text) as Record<string, unknown>;
    const isText = (value: unknown): value is string => typeof value === 'string';
    if (lockstep !== 1 || !(launch === null || isText(launch)) || !(token === null || isText(token))) return null;
    return Array.isArray(urls) && urls.every((url) => isText(url) && isUrl(url)) ? { launch, urls, token } : null;
  } catch {
    return null;
  }
}

function isUrl(text: string): boolean {
  return /^wss?:\/\/[^/@?#\s]+:\d{1,5}$/.test(text) && URL.canParse(text);
}

function shown(launch: string | null): string {
  return launch ?? 'without a name';
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function urlOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
