// The kinds of option that hold an address or a name of a machine: what could never work is refused where it is typed. Knows
// no option.

import { hideInValue, splitAddress } from '../text/credentials.ts';
import type { JsonSchema, Kind } from './value-kinds.ts';

// Patterns say less than the checks below: whether a parser takes an address is beyond them.
const notBlank = '[^?#\\s]';
const host: JsonSchema = {
  type: 'string',
  maxLength: 253,
  pattern: '^([0-9A-Za-z_-]+(\\.[0-9A-Za-z_-]+)*\\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%[0-9A-Za-z_.-]+)?)$',
};
const port = '([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

export const httpUrl: Kind<string> = {
  allowed:
    'http:// or https://, a host, and perhaps a port and a path: no query, and name and password percent-encoded',
  accepts: (value) => isUrl(value, ['http:', 'https:']),
  fromText: (value) => value,
  schema: { type: 'string', pattern: `^[Hh][Tt][Tt][Pp][Ss]?://${notBlank}+$` },
  shown: hideInValue,
};

/** Where a coordinator listens, as a worker types it. */
export const webSocketUrl: Kind<string> = {
  allowed: 'ws://HOST:PORT or wss://HOST:PORT, and name and password percent-encoded where a proxy asks for them',
  accepts: isWebSocketUrl,
  fromText: (value) => value,
  schema: { type: 'string', pattern: `^[Ww][Ss][Ss]?://${notBlank}+$` },
  shown: hideInValue,
  meant(value) {
    const address = /^(?:(http|ws)(s?):\/\/)?([^/]+)\/?$/i.exec(String(value));
    const better = address === null ? '' : `ws${address[2] ?? ''}://${address[3]}`;
    return better !== value && isWebSocketUrl(better) && /:\d+$/.test(better) ? better : null;
  },
};

/** HOST:PORT to listen at; `hostAndPort` says what is one, and config.ts refuses what is none in words of its own. */
export const listenAddress: Kind<string> = {
  allowed: 'HOST:PORT, with [HOST]:PORT for IPv6',
  accepts: (value) => typeof value === 'string' && value !== '' && !value.includes('@'),
  fromText: (value) => value,
  schema: { type: 'string', pattern: `^(\\[[^\\]@]+\\]|[^:[\\]@]+):${port}$` },
  shown: hideInValue,
};

/** A name, an IPv4 address, or an IPv6 address without brackets. */
export const hostName: Kind<string> = {
  allowed: 'a host name or an IP address, without a port',
  accepts: isHost,
  fromText: (value) => value,
  schema: host,
  shown: hideInValue,
};

/** On the command line with commas between them. */
export const hostNames: Kind<readonly string[]> = {
  allowed: 'a list of host names, without ports',
  accepts: (value) => Array.isArray(value) && value.every(isHost),
  fromText: (text) => text.split(','),
  schema: { type: 'array', items: host },
  shown: hideInValue,
};

/** On the command line with commas between them. */
export const origins: Kind<readonly string[]> = {
  allowed: 'a list of origins as browsers send them: https://HOST or https://HOST:PORT in lower case, without a path',
  accepts: (value) => Array.isArray(value) && value.every(isOrigin),
  fromText: (text) => text.split(','),
  schema: {
    type: 'array',
    items: { type: 'string', pattern: '^(null|[a-z][a-z0-9+.-]*://[^/?#@\\s]+)$' },
  },
  shown: hideInValue,
};

/** HOST:PORT, with [::1]:7070 for IPv6; null: it is none. */
export function hostAndPort(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  return match === null || port > 65_535 ? null : { host: match[1] ?? match[2]!, port };
}

/** An address to listen at that was written in another way; null: nobody knows which. */
export function meantToListen(text: string): string | null {
  const bare = text.replace(/^[a-z]+:\/\//i, '').replace(/\/$/, '');
  const candidates = [bare, `127.0.0.1:${bare.replace(/^:/, '')}`, `${bare}:7070`];
  const port = /^:?\d+$/.test(bare);
  return (
    candidates.find((one, i) => (i > 0 || bare !== text) && (i !== 1 || port) && hostAndPort(one) !== null) ?? null
  );
}

function isWebSocketUrl(value: unknown): boolean {
  return isUrl(value, ['ws:', 'wss:']) && new URL(value as string).pathname === '/';
}

function isUrl(value: unknown, protocols: readonly string[]): boolean {
  if (typeof value !== 'string' || !/^[a-z]+:\/\/[^/]/i.test(value) || !URL.canParse(value)) return false;
  const { protocol, port } = new URL(value);
  // an empty query or fragment is one, too
  return protocols.includes(protocol) && !/[?#\s]/.test(value) && port !== '0' && splitAddress(value) !== null;
}

function isHost(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 253) return false;
  return value.includes(':')
    ? /^[0-9a-f:.]+(%[\w.-]+)?$/i.test(value) && URL.canParse(`http://[${value.replace(/%.*$/, '')}]/`)
    : /^[\w-]+(\.[\w-]+)*\.?$/.test(value);
}

function isOrigin(value: unknown): boolean {
  if (value === 'null') return true;
  if (typeof value !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/.test(value) || !URL.canParse(value))
    return false;
  // of an extension's page the URL parser knows no origin
  return /^https?:/.test(value) ? new URL(value).origin === value : true;
}
