// Certificate and key of a coordinator: whether they are of use, before anybody connects. Knows nothing of who reads them from where.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { LockstepError, messageOf } from '../../src/errors.ts';

/**
 * What is to be said of a certificate that can be used; null: nothing.
 *
 * @throws LockstepError where one of them is none, or they do not belong together
 */
export function certificateRemark(certificate: string, key: string, nowMs: number): string | null {
  const leaf = parsed('--tls-cert', 'certificate', () => new X509Certificate(certificate));
  const secret = parsed('--tls-key', 'private key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(secret))
    throw unusable('the key of --tls-key is not that of the certificate of --tls-cert');
  const { validFrom, validTo } = leaf;
  if (nowMs > Date.parse(validTo)) return `the TLS certificate has expired (${validTo}): no worker will trust it`;
  if (nowMs < Date.parse(validFrom))
    return `the TLS certificate is not valid yet (from ${validFrom}): no worker will trust it`;
  return null;
}

function parsed<T>(flag: string, kind: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw unusable(`the file of ${flag} holds no ${kind} that can be read (${messageOf(cause)})`, cause);
  }
}

function unusable(why: string, cause?: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_SECRET_UNUSABLE',
    what: 'The TLS certificate or key cannot be used',
    why,
    mend: 'Give PEM files that belong together, without a passphrase: --tls-cert FILE and --tls-key FILE',
    cause,
  });
}
