import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coordinatorProof, nodeProof, proofsMatch, tokenOf } from '../../src/wire/auth.ts';
import { readChallenge, readCredentials, writeChallenge, writeCredentials } from '../../src/wire/auth-headers.ts';
import { NonceBook } from '../../src/wire/nonces.ts';

const token = tokenOf('a-secret-that-is-long-enough\n')!;
const nonces = { server: 'c2VydmVyLW5vbmNlLTAwMDE', node: 'bm9kZS1ub25jZS0wMDAx' };
const key = new Uint8Array(32).fill(5);
const random = (n: number) => new Uint8Array(16).fill(n);

describe('proofs', () => {
  // Where there is no openssl the fixed values below remain.
  it.skipIf(spawnSync('openssl', ['version']).status !== 0)(
    'are those of PROTOCOL.md, as openssl computes them',
    () => {
      const openssl = (text: string) =>
        execFileSync('openssl', ['dgst', '-sha256', '-hmac', 'a-secret-that-is-long-enough', '-binary'], {
          input: text,
        });
      const expected = openssl(`lockstep node 1\n${nonces.server}\n${nonces.node}`).toString('base64url');
      expect(nodeProof(token, nonces)).toBe(expected);
    },
  );

  it('stay as they are: a change is another protocol', () => {
    expect(nodeProof(token, nonces)).toMatchInlineSnapshot(`"-isy6GZjjh1s-aCOYh3jYGYzVftyaemMVAF88dgyWa8"`);
    expect(coordinatorProof(token, nonces)).toMatchInlineSnapshot(`"1ZX7BkL9akoh9f_-Fpm1js3YFcbM6_uBvRqfkaaWk9A"`);
  });

  it('depend on token, direction and both nonces', () => {
    const proofs = [
      nodeProof(token, nonces),
      coordinatorProof(token, nonces),
      nodeProof(tokenOf('another')!, nonces),
      nodeProof(token, { ...nonces, server: `${nonces.server}A` }),
      nodeProof(token, { ...nonces, node: `${nonces.node}A` }),
      nodeProof(token, { server: nonces.node, node: nonces.server }),
    ];
    expect(new Set(proofs).size).toBe(proofs.length);
    expect(proofs.every((proof) => proof.length === 43)).toBe(true);
  });

  it('match only themselves', () => {
    const proof = nodeProof(token, nonces);
    expect(proofsMatch(proof, proof)).toBe(true);
    expect(proofsMatch(`${proof.slice(0, 42)}${proof[42] === 'A' ? 'B' : 'A'}`, proof)).toBe(false);
    expect(proofsMatch('', proof)).toBe(false);
    expect(proofsMatch(`${proof}A`, proof)).toBe(false);
  });

  it('come from tokens without the space around them', () => {
    expect(tokenOf('  abc\r\n')).toEqual(tokenOf('abc'));
    expect(tokenOf(' \n')).toBeNull();
  });
});

describe('headers', () => {
  const credentials = { serverNonce: 'x'.repeat(75), nodeNonce: 'y'.repeat(43), proof: '-_'.padEnd(43, 'z') };

  it('come back', () => {
    expect(readCredentials(writeCredentials(credentials))).toEqual(credentials);
    for (const error of ['none', 'stale', 'wrong-proof'] as const) {
      const challenge = { serverNonce: 'x'.repeat(75), error };
      expect(readChallenge(writeChallenge(challenge))).toEqual(challenge);
    }
  });

  it.each([
    undefined,
    '',
    'Basic abc',
    'Lockstep',
    writeCredentials({ ...credentials, proof: 'short' }),
    writeCredentials({ ...credentials, nodeNonce: `${'y'.repeat(42)}"` }),
    writeCredentials({ ...credentials, serverNonce: 'x'.repeat(129) }),
    `${writeCredentials(credentials)} `,
    `${writeCredentials(credentials)}\n`,
    `${writeCredentials(credentials)}, proof="${'z'.repeat(43)}"`,
  ])('are nothing in another form: %s', (value) => {
    expect(readCredentials(value)).toBeNull();
    expect(readChallenge(value)).toBeNull();
  });
});

describe('nonces', () => {
  it('are good until they expire or were used', () => {
    const book = new NonceBook(key, { lifetimeMs: 100 });
    const nonce = book.issue(1_000, random(1));
    expect(nonce).toMatch(/^[\w-]{75}$/);
    expect(book.check(nonce, 1_000)).toBe('good');
    expect(book.check(nonce, 1_099)).toBe('good');
    expect(book.check(nonce, 1_100)).toBe('stale');
    book.use(nonce);
    expect(book.check(nonce, 1_050)).toBe('stale');
  });

  it('cost nothing until they are used, and are forgotten when they expire', () => {
    const book = new NonceBook(key, { lifetimeMs: 100, mostUsed: 3 });
    for (let i = 0; i < 10_000; i++) book.issue(0, random(i % 256));
    expect(book.check(book.issue(0, random(9)), 0)).toBe('good');
    for (const n of [1, 2, 3]) book.use(book.issue(10 * n, random(n)));
    expect(book.check(book.issue(50, random(4)), 50)).toBe('full');
    const fifth = book.issue(110, random(5));
    expect(book.check(fifth, 110)).toBe('good');
    book.use(fifth);
    // just one of the three had expired
    expect(book.check(book.issue(110, random(6)), 110)).toBe('full');
  });

  it('cannot be made, changed, or spelled otherwise', () => {
    const book = new NonceBook(key, { lifetimeMs: 1_000 });
    const nonce = book.issue(0, random(1));
    expect(new NonceBook(new Uint8Array(32).fill(6)).check(nonce, 0)).toBe('stale');
    fc.assert(
      fc.property(fc.nat(nonce.length - 1), fc.constantFrom(...'AZaz09-_'), (at, letter) => {
        if (nonce[at] === letter) return;
        expect(book.check(nonce.slice(0, at) + letter + nonce.slice(at + 1), 0)).toBe('stale');
      }),
    );
    for (const other of ['', 'x', `${nonce}A`, `${nonce}=`, `${nonce} `, ` ${nonce}`]) {
      expect(book.check(other, 0)).toBe('stale');
    }
    expect(() => book.issue(0, new Uint8Array(8))).toThrow(RangeError);
  });
});
