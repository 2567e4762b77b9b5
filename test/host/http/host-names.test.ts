import { expect, it } from 'vitest';
import { judgeHost } from '../../../src/host/http/host-names.ts';

const policy = { bound: 'metrics.lab', machine: 'Trainer.lab.example', allowed: ['grafana.example.', 'Lockstep'] };
const path = (host: string | readonly string[], target = '/metrics') =>
  judgeHost({ hosts: typeof host === 'string' ? [host] : host, target }, policy);

it.each([
  '127.0.0.1',
  '127.0.0.1:9464',
  '10.1.2.3:80',
  '[::1]',
  '[::1]:9464',
  '[2001:DB8::7]:1',
  '[::ffff:127.0.0.1]:9464',
  '[fe80::1%eth0]:9464',
  'localhost',
  'LOCALHOST:9464',
  'localhost.',
  'trainer.lab.example',
  'trainer:9464',
  'TRAINER.LAB.EXAMPLE.:9464',
  'metrics.lab',
  'grafana.example',
  'grafana.example.:1',
  'lockstep:9464',
])('%s may be read', (host) => {
  expect(path(host)).toBe('/metrics');
});

it.each([
  '',
  'evil.example',
  'evil.example:9464',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil.example@localhost',
  'localhost@evil.example',
  'localhost, evil.example',
  'localhost evil.example',
  'xlocalhost',
  'trainer.evil.example',
  'grafana.example..',
  '[::1',
  '::1',
  '[evil.example]',
  '[127.0.0.1]',
  'localhost:evil',
  'localhost/evil',
  '2130706433',
  '0x7f.1',
  '127.1',
])('"%s" may not', (host) => {
  expect(path(host)).toBeNull();
});

it('it must be one', () => {
  expect(path([])).toBeNull();
  expect(path(['localhost', 'localhost'])).toBeNull();
  expect(path(['localhost', 'evil.example'])).toBeNull();
});

it('a target that is a whole URL is judged as well', () => {
  expect(path('localhost', 'http://localhost:9464/metrics?x=1')).toBe('/metrics');
  expect(path('localhost', 'http://localhost')).toBe('/');
  expect(path('localhost', 'http://evil.example/metrics')).toBeNull();
  expect(path('evil.example', 'http://localhost/metrics')).toBeNull();
  expect(path('localhost', '/metrics?x=http://evil.example/')).toBe('/metrics');
});
