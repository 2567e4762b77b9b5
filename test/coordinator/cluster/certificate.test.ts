// A coordinator's certificate and key, made by openssl: which are of use, and what is said of those that are not, or not now.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { certificateRemark } from '../../../coordinator/cluster/certificate.ts';
import { missing } from '../../support/tools.ts';

const DAY_MS = 86_400_000;

function made(): { certificate: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-certificate-'));
  const at = (file: string) => join(folder, file);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', at('key'), '-out', at('cert'), '-subj', '/CN=coordinator', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files], { stdio: 'ignore' });
  const pair = { certificate: readFileSync(at('cert'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

test.skipIf(missing('openssl', 'openssl'))('what is of use, and what is said of the rest', () => {
  const [one, other] = [made(), made()];
  const now = Date.now();
  expect(certificateRemark(one.certificate, one.key, now + 1000)).toBeNull();
  expect(certificateRemark(one.certificate, one.key, now + 3 * DAY_MS)).toMatch(/^the TLS certificate has expired \(/);
  expect(certificateRemark(one.certificate, one.key, now - DAY_MS)).toMatch(/is not valid yet \(from /);
  const why = (text: string) =>
    expect.objectContaining({ code: 'ERR_LOCKSTEP_SECRET_UNUSABLE', why: expect.stringContaining(text) });
  expect(() => certificateRemark(one.certificate, other.key, now)).toThrow(why('is not that of the certificate'));
  expect(() => certificateRemark(one.key, one.certificate, now)).toThrow(why('--tls-cert holds no certificate'));
  expect(() => certificateRemark(one.certificate, 'x', now)).toThrow(why('--tls-key holds no private key'));
});
