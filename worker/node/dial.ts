// Opens a connection to a coordinator: HTTP upgrade and mutual authentication (PROTOCOL.md, section 1). The door to ws on
// this side. Knows nothing of what is said afterwards.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { coordinatorProof, nodeProof, proofsMatch, type Token } from '../../src/wire/auth.ts';
import {
  ENGINE_HEADER,
  PROOF_HEADER,
  PROXIED_AUTHORIZATION_HEADER,
  REFUSAL_HEADER,
  readChallenge,
  writeCredentials,
} from '../../src/wire/auth-headers.ts';
import { closeCodes } from '../../src/wire/close-codes.ts';
import { asText } from '../../src/wire/fields.ts';
import { largestMessageBytes, REASON_LENGTH } from '../../src/wire/limits.ts';
import type { Carrier } from '../../src/wire/write-message.ts';
import { unreached } from './unreached.ts';

export type { WebSocket } from 'ws';

export interface DialOptions {
  /** Without name and password. */
  readonly url: string;
  /** What a proxy before the coordinator asks for in the header Authorization; null: nothing. */
  readonly authorization?: string | null;
  readonly token: Token | null;
  /** PEM of a certificate authority, for wss://. */
  readonly certificateAuthority: string | null;
}

export interface OpenSocket {
  readonly socket: WebSocket;
  /** The TCP or TLS socket under it. */
  readonly carrier: Carrier;
}

/**
 * open: talk; retry: not now; refused: retrying cannot mend it. Only a coordinator refuses, and says by a header that it is
 * one: what a proxy before it says while it is away (404, 403, 502, a page) tells nothing. untrusted: its certificate.
 */
export type Dialled =
  | ({ readonly kind: 'open'; readonly engine: string } & OpenSocket)
  | { readonly kind: 'retry'; readonly reason: string; readonly mend?: string | null }
  | { readonly kind: 'refused' | 'untrusted'; readonly reason: string; readonly mend: string };

const HANDSHAKE_MS = 5_000;
// Before the welcome the size of the model is not known; this is 64 million parameters.
const MOST_VALUES = 2 ** 26;
const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS/;
const certificateMends: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'Give the coordinator a new one with --tls-cert, and look at the clocks of both machines',
  CERT_NOT_YET_VALID: 'Look at the clocks of both machines',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Connect to a name that it is for, or give the coordinator another with --tls-cert',
};
const ENGINE_LENGTH = 32;

/** @param started told of the socket at once, so that a dial can be broken off */
export async function dial(options: DialOptions, started: (socket: WebSocket) => void): Promise<Dialled> {
  const first = await open(options, undefined, null, started);
  if (first.kind !== 'challenged') return first;
  const { token } = options;
  if (token === null) return refused('the coordinator asks for a token', 'Give it with --token-file or LOCKSTEP_TOKEN');
  const nonces = { server: first.serverNonce, node: randomBytes(32).toString('base64url') };
  const authorization = writeCredentials({
    serverNonce: nonces.server,
    nodeNonce: nonces.node,
    proof: nodeProof(token, nonces),
  });
  const second = await open(options, authorization, coordinatorProof(token, nonces), started);
  if (second.kind !== 'challenged') return second;
  if (second.error === 'wrong-proof') {
    return refused('the coordinator has another token', 'Give both the same token with --token-file or LOCKSTEP_TOKEN');
  }
  return { kind: 'retry', reason: `the coordinator did not accept a fresh nonce (${second.error})` };
}

type Opened = Dialled | { readonly kind: 'challenged'; readonly serverNonce: string; readonly error: string };

function open(
  { url, token, certificateAuthority, authorization: proxied = null }: DialOptions,
  credentials: string | undefined,
  expectedProof: string | null,
  started: (socket: WebSocket) => void,
): Promise<Opened> {
  return new Promise((resolve) => {
    const limits = {
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: HANDSHAKE_MS,
      closeTimeout: 2_000,
      maxPayload: largestMessageBytes(MOST_VALUES),
      maxFragments: 16,
      maxBufferedChunks: 65_536,
      // Masking (RFC 6455, section 10.3) keeps scripts in browsers from confusing proxies; here are neither. A mask of zeros
      // changes no byte: ws would else mask in place, and a tree node is sent from where it stands.
      generateMask: (mask: Buffer) => mask.fill(0),
      headers: headersOf(credentials, proxied),
      ...(certificateAuthority === null ? {} : { ca: certificateAuthority }),
    };
    const socket = new WebSocket(url, limits);
    started(socket);
    let engine: string | null = null;
    let proof: string | undefined;
    let carrier: Carrier;
    socket.once('upgrade', (response: IncomingMessage) => {
      carrier = response.socket;
      engine = header(response, ENGINE_HEADER) ?? null;
      proof = header(response, PROOF_HEADER);
    });
    socket.once('open', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      if (engine === null) {
        socket.close();
        resolve({ kind: 'retry', reason: 'who answers is no coordinator: its WebSocket names no engine' });
        return;
      }
      // Without a challenge there was nothing to prove: a coordinator without a token is believed only if we have none either.
      if (token !== null && (expectedProof === null || proof === undefined || !proofsMatch(proof, expectedProof))) {
        socket.close(closeCodes.unproved.code, 'the coordinator did not prove that it knows the token');
        resolve(refused('the coordinator did not prove that it knows the token', 'Is it the right address?'));
        return;
      }
      resolve({ kind: 'open', socket, carrier, engine: asText(engine, ENGINE_LENGTH) });
    });
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      resolve(judge(response));
      response.resume();
      socket.terminate();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.on('error', () => undefined);
      const code = error.code ?? '';
      const message = asText(error.message, REASON_LENGTH);
      if (CERTIFICATE_ERROR.test(code)) {
        const mend = certificateMends[code] ?? 'Give the authority that signed it with --tls-ca';
        resolve({
          kind: 'untrusted',
          reason: `the certificate is not trusted (${message === '' ? code : message})`,
          mend,
        });
      } else {
        resolve({ kind: 'retry', ...unreached(code, message, url) });
      }
    });
  });
}

function judge(response: IncomingMessage): Opened {
  const status = response.statusCode ?? 0;
  if (status === 401) {
    const challenge = readChallenge(response.headers['www-authenticate']);
    if (challenge !== null) return { kind: 'challenged', ...challenge };
  }
  const mark = header(response, REFUSAL_HEADER);
  if (mark === undefined) {
    return {
      kind: 'retry',
      reason: `a proxy or server that is no coordinator answered with ${status}`,
    };
  }
  if (mark === 'origin') return refused('the coordinator refuses this connection (403)', 'Connect without an Origin');
  if (mark === 'path') return refused('the coordinator refuses this path (404)', 'Connect to ws://HOST:PORT alone');
  return { kind: 'retry', reason: `the coordinator answered with ${status}` };
}

/** Where a proxy has a claim on the header Authorization, the proof goes in one of its own. */
function headersOf(credentials: string | undefined, proxied: string | null): Record<string, string> {
  if (proxied === null) return credentials === undefined ? {} : { authorization: credentials };
  const both = { authorization: proxied };
  return credentials === undefined ? both : { ...both, [PROXIED_AUTHORIZATION_HEADER]: credentials };
}

function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}

function refused(reason: string, mend: string): Dialled & { readonly kind: 'refused' | 'untrusted' } {
  return { kind: 'refused', reason, mend };
}
