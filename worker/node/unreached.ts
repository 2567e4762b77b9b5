// Why nobody could be reached at an address, in words, and what to look at. Pure: it is told what the system said.

export interface Unreached {
  readonly reason: string;
  /** null: there is nothing particular to look at. */
  readonly mend: string | null;
}

const start = 'Start it with lockstep train --listen, or give a longer --retry-for';
const lookAtName = 'Look at the name: this machine cannot look it up; an IP address does as well';
const lookAtWay =
  'Look whether the machine runs and that port is open from here: firewalls, networks of containers, --listen on loopback alone';

const known: ReadonlyMap<string, Unreached> = new Map([
  ['ECONNREFUSED', { reason: 'nobody listens there', mend: start }],
  ['ENOTFOUND', { reason: 'there is no host of that name', mend: lookAtName }],
  ['EAI_AGAIN', { reason: 'the name cannot be looked up at the moment', mend: lookAtName }],
  ['EHOSTUNREACH', { reason: 'that machine cannot be reached', mend: lookAtWay }],
  ['ENETUNREACH', { reason: 'there is no way into that network', mend: lookAtWay }],
  ['ETIMEDOUT', { reason: 'nobody answers there', mend: lookAtWay }],
  [
    'ECONNRESET',
    {
      reason: 'who listens there ended the connection at once',
      mend: 'Look whether it is the coordinator, and encrypted: wss:// where it was given --tls-cert, else ws://',
    },
  ],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    {
      reason: 'who listens there does not speak TLS',
      mend: 'Connect to ws://, or give the coordinator --tls-cert and --tls-key',
    },
  ],
]);
// what ws says where a handshake takes too long has no code
const TOO_LONG = /handshake has timed out/;

/** `code`: of the system's error, or ''; `message`: its words, cleaned. */
export function unreached(code: string, message: string, url: string): Unreached {
  const found = unreachedAt(code, message);
  // a parser drops the usual port, typed or not
  const { port, protocol } = new URL(url);
  return port === '' ? { ...found, reason: `${found.reason}, at port ${protocol === 'wss:' ? 443 : 80}` } : found;
}

function unreachedAt(code: string, message: string): Unreached {
  const found = known.get(
    code === 'EPROTO' && /wrong version number/i.test(message) ? 'ERR_SSL_WRONG_VERSION_NUMBER' : code,
  );
  if (found !== undefined) return { ...found, reason: `${found.reason} (${code})` };
  if (TOO_LONG.test(message)) return { reason: 'nobody answers there as a coordinator does', mend: lookAtWay };
  return { reason: message === '' ? code : message, mend: null };
}

/** What mends it where nothing more is known. */
export const mendUnreached = start;
