// Shared secrets for tests, in files as a user would have them. Removed when the test is over.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Token, tokenOf } from '../../src/wire/auth.ts';

export function tokenFile(text = 'a-secret-of-this-test-alone'): { file: string; text: string; token: Token } {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-token-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'token');
  writeFileSync(file, `${text}\n`);
  return { file, text, token: tokenOf(text)! };
}
