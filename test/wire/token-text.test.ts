import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readToken } from '../../src/host/files/secret-files.ts';
import { readTokenBytes } from '../../src/wire/token-text.ts';
import { refusal } from '../support/refusal.ts';

const secret = '5f4dcc3b5aa765d61d8327deb882cf99';
const utf8 = new TextEncoder().encode(secret);
const utf16 = (text: string, swap: boolean) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return swap ? bytes.swap16() : bytes;
};

describe('a token file', () => {
  it.each([
    ['UTF-8', Buffer.from(secret)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${secret}`)],
    ['UTF-16, as PowerShell writes it', utf16(`${secret}\r\n`, false)],
    ['UTF-16, the other way round', utf16(secret, true)],
    ['with an end of line', Buffer.from(`${secret}\r\n`)],
    ['with blanks around it', Buffer.from(`\n \t${secret} \n\n`)],
  ])('is the same token in %s', (_, bytes) => {
    expect(readTokenBytes(bytes)).toMatchObject({ token: utf8 });
  });

  it.each([
    ['nothing', Buffer.alloc(0), /empty/],
    ['blanks', Buffer.from(' \r\n'), /empty/],
    ['a mark alone', Buffer.from('\ufeff'), /empty/],
    ['one character', Buffer.from('x\n'), /has 1 of at least 8/],
    ['seven', Buffer.from('1234567'), /has 7 of at least 8/],
    ['seven signs of two units each', Buffer.from('👍👍👍👍👍👍👍'), /has 7 of/],
    ['no UTF-8', Buffer.from([...utf8, 0xff]), /is not UTF-8/],
    ['other bytes that are no UTF-8', Buffer.from([...utf8, 0xfd]), /is not UTF-8/],
    ['Latin-1', Buffer.from(`${secret}\xe9\xe9`, 'latin1'), /is not UTF-8/],
    ['UTF-16 without a mark', Buffer.from(secret, 'utf16le'), /control characters/],
    ['half of UTF-16', Buffer.concat([utf16(secret, false), Buffer.from([1])]), /is not UTF-16/],
    ['lone surrogates', utf16(`${secret}\ud800`, false), /is not UTF-16/],
    ['control characters', Buffer.from(`${secret}\x00`), /control characters/],
  ])('is refused with %s', (_, bytes, why) => {
    expect(readTokenBytes(bytes)).toEqual({ why: expect.stringMatching(why) });
  });

  it('is weak where it can be guessed', () => {
    const weak = (text: string) => {
      const reading = readTokenBytes(Buffer.from(text));
      return 'weak' in reading && reading.weak;
    };
    for (const text of ['12345678', 'password', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'correct-horse'])
      expect(weak(text)).toBe(true);
    for (const text of [secret, 'correct-horse-battery-staple']) expect(weak(text)).toBe(false);
  });
});

describe('reading it', () => {
  function fileOf(content: string | Uint8Array, mode: number): string {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-token-'));
    folders.push(folder);
    writeFileSync(join(folder, 'token'), content);
    chmodSync(join(folder, 'token'), mode);
    return join(folder, 'token');
  }
  const folders: string[] = [];
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('warns of a file that everybody can read or change, and of what is weak', async () => {
    const warnings: string[] = [];
    const read = async (file: string | null) => {
      warnings.length = 0;
      await readToken(file, (message) => warnings.push(message));
      return [...warnings];
    };
    expect(await read(fileOf(secret, 0o600))).toEqual([]);
    expect(await read(fileOf(secret, 0o640))).toEqual([]);
    if (process.platform !== 'win32') {
      expect(await read(fileOf(secret, 0o644))).toEqual([
        expect.stringMatching(/every user .* can read the token file/),
      ]);
      expect(await read(fileOf(secret, 0o602))).toEqual([expect.stringMatching(/can change/)]);
    }
    expect(await read(fileOf('password', 0o600))).toEqual([expect.stringMatching(/easy to guess/)]);
    vi.stubEnv('LOCKSTEP_TOKEN', 'password');
    expect(await read(null)).toEqual([
      'the token in LOCKSTEP_TOKEN is easy to guess; make one with: (umask 077; openssl rand -hex 32 > token)',
    ]);
  });

  it.each(['', ' ', 'x', 'not-text-\ufffd\ufffd'])('refuses LOCKSTEP_TOKEN=%j', async (text) => {
    vi.stubEnv('LOCKSTEP_TOKEN', text);
    const error = await refusal(() => readToken(null, () => undefined));
    expect(error).toMatchObject({ exitCode: 2, what: 'There is no token in LOCKSTEP_TOKEN' });
  });

  it('ends with a file that does not, and asks nobody to shut a device of the system', async () => {
    const warnings: string[] = [];
    const error = await refusal(() => readToken('/dev/zero', (message) => warnings.push(message)));
    expect(error).toMatchObject({ exitCode: 2, why: 'it is a device, not a file' });
    expect(warnings).toEqual([]);
  });
});
