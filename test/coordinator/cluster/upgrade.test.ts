import { describe, expect, it } from 'vitest';
import { judgeUpgrade, type UpgradePolicy } from '../../../coordinator/cluster/upgrade.ts';
import { coordinatorProof, nodeProof, tokenOf } from '../../../src/wire/auth.ts';
import { readChallenge, writeCredentials } from '../../../src/wire/auth-headers.ts';
import { NonceBook } from '../../../src/wire/nonces.ts';

const token = tokenOf('a-secret-that-is-long-enough')!;
const nodeNonce = 'n'.repeat(43);

function policy(change: Partial<UpgradePolicy> = {}): UpgradePolicy {
  const nonces = new NonceBook(new Uint8Array(32).fill(5), { lifetimeMs: 10_000, mostUsed: 2 });
  return { token, nonces, allowedOrigins: new Set(['https://ok.example']), engine: 'wasm', ...change };
}

let drawn = 0;
function judge(rules: UpgradePolicy, request: { path?: string; origin?: string; authorization?: string }, nowMs = 0) {
  const random = new Uint8Array(16).fill(++drawn);
  return judgeUpgrade({ path: '/', origin: undefined, authorization: undefined, ...request }, rules, nowMs, random);
}

function challengeOf(verdict: ReturnType<typeof judge>) {
  expect(verdict).toMatchObject({ accepted: false, status: 401 });
  const challenge = readChallenge(/^WWW-Authenticate: (.*)$/.exec(verdict.headers[1]!)?.[1]);
  expect(challenge).not.toBeNull();
  return challenge!;
}

function credentials(serverNonce: string, secret = token): string {
  const proof = nodeProof(secret, { server: serverNonce, node: nodeNonce });
  return writeCredentials({ serverNonce, nodeNonce, proof });
}

describe('judgeUpgrade', () => {
  it('challenges, then accepts and proves that it knows the token', () => {
    const rules = policy();
    const { serverNonce, error } = challengeOf(judge(rules, {}));
    expect(error).toBe('none');
    expect(judge(rules, { authorization: credentials(serverNonce) }, 9_999)).toEqual({
      accepted: true,
      headers: [
        'Lockstep-Engine: wasm',
        `Lockstep-Proof: ${coordinatorProof(token, { server: serverNonce, node: nodeNonce })}`,
      ],
    });
  });

  it('asks nothing without a token, and proves nothing', () => {
    expect(judge(policy({ token: null }), {})).toEqual({ accepted: true, headers: ['Lockstep-Engine: wasm'] });
  });

  it('accepts a proof once', () => {
    const rules = policy();
    const authorization = credentials(challengeOf(judge(rules, {})).serverNonce);
    expect(judge(rules, { authorization }).accepted).toBe(true);
    expect(challengeOf(judge(rules, { authorization })).error).toBe('stale');
  });

  it('refuses another token, an old nonce, a nonce of its own making, and nonsense', () => {
    const rules = policy();
    const { serverNonce } = challengeOf(judge(rules, {}));
    const wrong = challengeOf(judge(rules, { authorization: credentials(serverNonce, tokenOf('another')!) }));
    expect(wrong.error).toBe('wrong-proof');
    // A wrong proof does not use a nonce up, so nobody can spend another's.
    expect(challengeOf(judge(rules, { authorization: credentials(serverNonce) }, 10_000)).error).toBe('stale');
    expect(challengeOf(judge(rules, { authorization: credentials('x'.repeat(75)) })).error).toBe('stale');
    expect(challengeOf(judge(rules, { authorization: 'Basic YTpi' })).error).toBe('none');
    expect(judge(rules, { authorization: credentials(serverNonce) }).accepted).toBe(true);
  });

  it('never says more than the reason and a nonce', () => {
    const verdict = judge(policy(), { authorization: credentials('x'.repeat(75), tokenOf('another')!) });
    expect(JSON.stringify(verdict)).not.toContain('a-secret');
  });

  it('refuses web pages, with and without a token, before anything else', () => {
    for (const rules of [policy(), policy({ token: null })]) {
      for (const origin of ['https://evil.example', 'null', '', 'https://ok.example.evil', 'HTTPS://OK.EXAMPLE']) {
        expect(judge(rules, { origin })).toMatchObject({ accepted: false, status: 403 });
      }
    }
    expect(judge(policy({ token: null }), { origin: 'https://ok.example' }).accepted).toBe(true);
    expect(challengeOf(judge(policy(), { origin: 'https://ok.example' })).error).toBe('none');
  });

  it('marks every refusal as its own', () => {
    const rules = policy();
    const marks = [
      judge(rules, { path: '/other' }),
      judge(rules, { path: 'http://evil.example/' }),
      judge(rules, { origin: 'https://evil.example' }),
      judge(rules, {}),
    ].map((verdict) => [verdict.accepted ? 101 : verdict.status, verdict.headers[0]]);
    expect(marks).toEqual([
      [404, 'Lockstep-Refusal: path'],
      [404, 'Lockstep-Refusal: path'],
      [403, 'Lockstep-Refusal: origin'],
      [401, 'Lockstep-Refusal: token'],
    ]);
  });

  it('has bounded memory: too many in a short time wait', () => {
    const rules = policy();
    const login = (nowMs: number) =>
      judge(rules, { authorization: credentials(challengeOf(judge(rules, {}, nowMs)).serverNonce) }, nowMs);
    expect(login(0).accepted).toBe(true);
    expect(login(1).accepted).toBe(true);
    expect(login(2)).toMatchObject({ accepted: false, status: 503 });
    expect(login(10_000).accepted).toBe(true);
  });
});
