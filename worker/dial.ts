// Opens a connection to a coordinator: HTTP upgrade and mutual authentication (PROTOCOL.md, section 1). The door to ws on
// this side. Knows nothing of what is said afterwards.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { coordinatorProof, nodeProof, proofsMatch, type Token } from '../src/wire/auth.ts';
import { ENGINE_HEADER, PROOF_HEADER, readChallenge, writeCredentials } from '../src/wire/auth-headers.ts';
import { closeCodes } from '../src/wire/close-codes.ts';
import { largestMessageBytes } from '../src/wire/limits.ts';

export type { default as WebSocket } from 'ws';

export interface DialOptions {
  readonly url: string;
  readonly token: Token | null;
  /** PEM of a certificate authority, for wss://. */
  readonly certificateAuthority: string | null;
}

/** open: talk; retry: not now; refused: retrying cannot mend it. */
export type Dialled =
  | { readonly kind: 'open'; readonly socket: WebSocket; readonly engine: string }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly mend: string };

const HANDSHAKE_MS = 5_000;
// Before the welcome the size of the model is not known; this is 64 million parameters.
const MOST_VALUES = 2 ** 26;
const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/;

/** @param started told of the socket at once, so that a dial can be broken off */
export async function dial(options: DialOptions, started: (socket: WebSocket) => void): Promise<Dialled> {
  const first = await open(options, undefined, null, started);
  if (first.kind !== 'challenged') return first;
  const { token } = options;
  if (token === null)
    return refused('the coordinator asks for a token', 'Give it with --token-file or LOCKSTEP_TOKEN.');
  const nonces = { server: first.serverNonce, node: randomBytes(32).toString('base64url') };
  const authorization = writeCredentials({
    serverNonce: nonces.server,
    nodeNonce: nonces.node,
    proof: nodeProof(token, nonces),
  });
  const second = await open(options, authorization, coordinatorProof(token, nonces), started);
  if (second.kind !== 'challenged') return second;
  if (second.error === 'wrong-proof') {
    return refused(
      'the coordinator has another token',
      'Give both the same token with --token-file or LOCKSTEP_TOKEN.',
    );
  }
  return { kind: 'retry', reason: `the coordinator did not accept a fresh nonce (${second.error})` };
}

type Opened = Dialled | { readonly kind: 'challenged'; readonly serverNonce: string; readonly error: string };

function open(
  { url, token, certificateAuthority }: DialOptions,
  authorization: string | undefined,
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
      // Masking (RFC 6455, section 10.3) keeps scripts in browsers from confusing proxies; here are neither, and a mask of
      // zeros, which changes no byte, saves the work on half a megabyte a step.
      generateMask: (mask: Buffer) => mask.fill(0),
      ...(authorization === undefined ? {} : { headers: { authorization } }),
      ...(certificateAuthority === null ? {} : { ca: certificateAuthority }),
    };
    const socket = new WebSocket(url, limits);
    started(socket);
    let engine = '';
    let proof: string | undefined;
    socket.once('upgrade', (response: IncomingMessage) => {
      engine = header(response, ENGINE_HEADER) ?? '';
      proof = header(response, PROOF_HEADER);
    });
    socket.once('open', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      // Without a challenge there was nothing to prove: a coordinator without a token is believed only if we have none either.
      if (token !== null && (expectedProof === null || proof === undefined || !proofsMatch(proof, expectedProof))) {
        socket.close(closeCodes.unproved.code, 'the coordinator did not prove that it knows the token');
        resolve(refused('the coordinator did not prove that it knows the token', 'Is it the right address?'));
        return;
      }
      resolve({ kind: 'open', socket, engine });
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
      const reason = error.message === '' ? code : error.message;
      if (CERTIFICATE_ERROR.test(code)) {
        resolve(
          refused(`the certificate is not trusted (${reason})`, 'Give the authority that signed it with --tls-ca.'),
        );
      } else {
        resolve({ kind: 'retry', reason });
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
  if (status === 403) return refused('the coordinator refuses this connection (403)', 'Connect without an Origin.');
  if (status >= 400 && status < 500) {
    return refused(`a server that is no coordinator answered with ${status}`, 'Is it the right address?');
  }
  return { kind: 'retry', reason: `the coordinator answered with ${status}` };
}

function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}

function refused(reason: string, mend: string): Dialled {
  return { kind: 'refused', reason, mend };
}
