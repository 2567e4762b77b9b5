// wss:// with an authority of our own, made by openssl: who trusts it joins, who does not is told why.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as plain, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { strangerLimits } from '../../src/host/http/stranger-limits.ts';
import { baseline, Cluster, has } from '../support/processes.ts';
import { expectError } from '../support/run-cli.ts';

const short = ['--epochs', '1', '--batch-size', '512', '--limit-train', '5000', '--val-size', '500'];
const missing = has('openssl') ? null : 'openssl is not installed';

/** An authority, and a certificate for 127.0.0.1 that it signed; `dates`: from when to when, as YYYYMMDDHHMMSSZ. */
function makeCertificates(folder: string, name: string, dates: readonly [string, string] | null = null) {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1');
  const ca = ['-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', `/CN=${name}`, '-days', '2'];
  openssl('req', '-x509', ...curve, ...ca);
  openssl('req', ...curve, '-keyout', at('key.pem'), '-out', at('request'), '-subj', '/CN=coordinator');
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
  if (dates === null) {
    openssl('x509', '-req', '-in', at('request'), ...signed, '-extfile', at('names'), '-out', at('cert.pem'));
  } else {
    // only this one lets a certificate begin or end in the past
    writeFileSync(at('index'), '');
    writeFileSync(at('serial'), '01\n');
    const lines = [
      '[ca]',
      'default_ca=d',
      '[d]',
      `database=${at('index')}`,
      `new_certs_dir=${folder}`,
      `serial=${at('serial')}`,
      'policy=p',
      '[p]',
    ];
    writeFileSync(at('config'), `${lines.join('\n')}\ncommonName=supplied\n`);
    const own = ['-config', at('config'), '-cert', at('ca.pem'), '-keyfile', at('ca.key'), '-md', 'sha256'];
    const [from, to] = dates;
    const when = ['-startdate', from, '-enddate', to];
    openssl(
      'ca',
      '-batch',
      '-notext',
      ...own,
      ...when,
      '-extfile',
      at('names'),
      '-in',
      at('request'),
      '-out',
      at('cert.pem'),
    );
  }
  return { authority: at('ca.pem'), certificate: at('cert.pem'), key: at('key.pem') };
}

test('a run over wss://', async ({ skip }) => {
  if (missing !== null) {
    console.info(`skipped: ${missing}`);
    skip(missing);
  }
  const cluster = await Cluster.start();
  const ours = makeCertificates(cluster.folder, 'ours');
  const theirs = makeCertificates(cluster.folder, 'theirs');
  const tls = ['--tls-cert', ours.certificate, '--tls-key', ours.key];
  const coordinator = await cluster.coordinator([...short, ...tls, '--min-workers', '2']);
  expect(coordinator.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);

  // it really is TLS: nothing else gets an answer, and the certificate is the one that was given
  const peer = await new Promise<{ subject: string | string[] | undefined; protocol: string | null }>(
    (resolve, reject) => {
      const socket = connect({ port: Number(new URL(coordinator.url).port), rejectUnauthorized: false }, () => {
        resolve({ subject: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol() });
        socket.destroy();
      });
      socket.on('error', reject);
    },
  );
  expect(peer).toEqual({ subject: 'coordinator', protocol: 'TLSv1.3' });

  const untrusted = /cannot be joined\n.*the certificate is not trusted[\s\S]*--tls-ca/;
  expectError(await cluster.worker(coordinator.url, 'system').ended, 2, untrusted);
  const other = cluster.worker(coordinator.url, 'other', ['--tls-ca', theirs.authority]);
  expectError(await other.ended, 2, untrusted);
  // a certificate for 127.0.0.1 is none for localhost
  const elsewhere = coordinator.url.replace('127.0.0.1', 'localhost');
  const misnamed = cluster.worker(elsewhere, 'misnamed', ['--tls-ca', ours.authority]);
  expectError(await misnamed.ended, 2, /cannot be joined\n.*the certificate is not trusted.*altnames/);
  const plain = cluster.worker(coordinator.url.replace('wss', 'ws'), 'plain', ['--retry-for', '0.2']);
  expectError(await plain.ended, 75, /No coordinator at ws:/);

  const workers = ['a', 'b'].map((name) => cluster.worker(coordinator.url, name, ['--tls-ca', ours.authority]));
  expect(await coordinator.bits()).toEqual(await baseline(short));
  for (const { ended } of workers) {
    const { exitCode, stderr } = await ended;
    expect(stderr).not.toContain('not connected');
    expect(exitCode, stderr).toBe(0);
  }
});

test('certificates that cannot be used', async ({ skip }) => {
  if (missing !== null) {
    console.info(`skipped: ${missing}`);
    skip(missing);
  }
  const cluster = await Cluster.start();
  const ours = makeCertificates(cluster.folder, 'ours');
  const theirs = makeCertificates(cluster.folder, 'theirs');
  const nonsense = join(cluster.folder, 'nonsense.pem');
  writeFileSync(nonsense, 'nonsense\n');
  const binary = join(cluster.folder, 'certificate.der');
  writeFileSync(binary, Buffer.from([0x30, 0x82, 0xff, 0xfe, 0x00]));
  const listen = ['train', ...short, '--listen', '127.0.0.1:0'];
  const tables: [string[], RegExp][] = [
    [[...listen, '--tls-cert', ours.certificate], /--tls-key is missing/],
    [[...listen, '--tls-key', ours.key], /--tls-cert is missing/],
    [
      [...listen, '--tls-cert', 'none.pem', '--tls-key', ours.key],
      /TLS certificate none\.pem cannot be read\n.*ENOENT/,
    ],
    [[...listen, '--tls-cert', ours.certificate, '--tls-key', theirs.key], /TLS certificate or key cannot be used/],
    [[...listen, '--tls-cert', nonsense, '--tls-key', nonsense], /TLS certificate or key cannot be used/],
    [['worker', '--connect', 'wss://127.0.0.1:9', '--tls-ca', 'none.pem'], /authority none\.pem cannot be read/],
    [['worker', '--connect', 'wss://127.0.0.1:9', '--tls-ca', nonsense], /nonsense\.pem/],
    [['worker', '--connect', 'wss://127.0.0.1:9', '--tls-ca', binary], /is not UTF-8 text\n.*PEM/],
    [[...listen, '--tls-cert', binary, '--tls-key', ours.key], /is not UTF-8 text\n.*PEM/],
    [[...listen, '--tls-cert', ours.certificate, '--tls-key', binary], /is not UTF-8 text\n.*PEM/],
  ];
  for (const [args, message] of tables) expectError(await cluster.start(args).ended, 2, message);
});

const years = (from: number) => [`${from}0101000000Z`, `${from + 1}0101000000Z`] as const;

test('a certificate that is not good: final at first, and waited for by a node that has been there', async ({
  skip,
}) => {
  if (missing !== null) {
    console.info(`skipped: ${missing}`);
    skip(missing);
  }
  const cluster = await Cluster.start();
  const ours = makeCertificates(cluster.folder, 'ours');
  const theirs = makeCertificates(cluster.folder, 'theirs');
  const expired = makeCertificates(cluster.folder, 'expired', years(2020));
  const early = makeCertificates(cluster.folder, 'early', years(new Date().getFullYear() + 5));
  const all = join(cluster.folder, 'all.pem');
  // of all but `theirs`
  writeFileSync(all, [ours, expired, early].map(({ authority }) => readFileSync(authority, 'utf8')).join(''));
  const tls = ({ certificate, key }: typeof ours) => ['--tls-cert', certificate, '--tls-key', key, ...waiting];
  const waiting = [...short, '--min-workers', '2'];

  const first = await cluster.coordinator(tls(ours));
  const listen = ['--listen', new URL(first.url).host];
  const stays = cluster.worker(first.url, 'stays', ['--tls-ca', all]);
  await first.seen(/worker 1 joined: stays/);
  const cases = [
    [expired, /certificate has expired/, /--tls-cert/],
    [early, /certificate is not yet valid/, /clocks/],
    [theirs, /certificate is not trusted/, /--tls-ca/],
  ] as const;
  let before = first;
  for (const [certificates, why, mend] of cases) {
    before.child.kill('SIGKILL');
    await before.ended;
    before = await cluster.coordinator([...tls(certificates), ...listen]);
    const fresh = await cluster.worker(before.url, 'fresh', ['--tls-ca', all]).ended;
    expectError(fresh, 2, new RegExp(`cannot be joined\\n.*${why.source}[\\s\\S]*${mend.source}`));
  }
  before.child.kill('SIGKILL');
  await before.ended;
  const last = await cluster.coordinator([...tls(ours), ...listen]);
  const other = cluster.worker(last.url, 'other', ['--tls-ca', all]);
  expect(await last.bits()).toEqual(await baseline(short));
  for (const { ended } of [stays, other]) {
    const { exitCode, stderr } = await ended;
    expect(exitCode, stderr).toBe(0);
  }
});

test('handshakes that never end, and connections that say nothing after it, keep nobody out', async ({ skip }) => {
  if (missing !== null) {
    console.info(`skipped: ${missing}`);
    skip(missing);
  }
  const cluster = await Cluster.start();
  const ours = makeCertificates(cluster.folder, 'ours');
  const tls = ['--tls-cert', ours.certificate, '--tls-key', ours.key];
  const coordinator = await cluster.coordinator([...short, ...tls]);
  const port = Number(new URL(coordinator.url).port);
  const { connectionsOfAddress } = strangerLimits;
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const closed: Promise<unknown>[] = [];
  for (let i = 0; i < connectionsOfAddress; i++) {
    const half = plain(port, '127.0.0.1');
    const whole = connect({ port, rejectUnauthorized: false });
    for (const socket of [half, whole]) {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.resume();
      closed.push(new Promise((resolve) => socket.once('close', resolve)));
    }
    await new Promise((resolve) => {
      whole.once('secureConnect', resolve);
      whole.once('close', resolve);
    });
  }
  const worker = cluster.worker(coordinator.url, 'a', ['--tls-ca', ours.authority]);
  expect(await coordinator.bits()).toEqual(await baseline(short));
  const { exitCode, stderr } = await worker.ended;
  expect(exitCode, stderr).toBe(0);
  expect(stderr).not.toContain('not connected');
  await Promise.all(closed);
});
