// deploy/compose.yaml: dclint accepts it, what it mounts is there, and what it says twice agrees. That its commands run: compose.slow.ts.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { composeWith } from '../support/compose.ts';
import { readmeOf } from '../support/readme-commands.ts';
import { missing, output } from '../support/tools.ts';

const deploy = (path: string) => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const read = (path: string) => readFileSync(deploy(path), 'utf8');
const { services, volumes } = composeWith({ LOCKSTEP_TOKEN: 'of-this-test' });

test('dclint has nothing to say', async () => {
  const readme = readmeOf('deploy/compose/README.md', 'test/deploy/compose.test.ts');
  const { exitCode, stdout, stderr } = await readme.run('lint', { cwd: deploy('.') }).ended;
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
});

test('without a token nothing starts', () => {
  expect(() => composeWith({})).toThrow('LOCKSTEP_TOKEN is not set');
});

test('what is mounted is there', () => {
  for (const [name, { volumes: mounts }] of Object.entries(services)) {
    for (const mount of mounts ?? []) {
      const [from] = mount.split(':');
      expect(from!.startsWith('.') ? existsSync(deploy(from!)) : from! in volumes, `${name}: ${mount}`).toBe(true);
    }
  }
});

test('every port is on loopback', () => {
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  expect(ports.map((port) => port.split(':')[0])).toEqual(ports.map(() => '127.0.0.1'));
  expect(ports).toContain('127.0.0.1:9464:9464');
});

test('every service has a health check, of its own or of its image', () => {
  const checked = Object.keys(services).filter((name) => services[name]!.healthcheck !== undefined);
  expect(checked.sort()).toEqual(['grafana', 'prometheus']);
  const asked = /HEALTHCHECK [\s\S]*?:(\d+)\/healthz/.exec(read('container/Dockerfile'))![1];
  for (const name of ['coordinator', 'worker']) {
    expect(services[name]!.image).toBe('lockstep:local');
    expect(services[name]!.command).toContain(`--metrics-port=${asked}`);
    expect(services[name]).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  }
});

test('both dashboards lie where Grafana looks for them', () => {
  const { path } = parse(read('grafana/provisioning/dashboards/lockstep.yml')).providers[0].options;
  expect(services['grafana']!.volumes).toContain(`./grafana/dashboards:${path}:ro`);
  const [source] = parse(read('compose/datasource.yml')).datasources;
  expect(source.url).toBe('http://prometheus:9090');
});

test('its Prometheus is the one of deploy/prometheus, but for addresses', () => {
  const own = read('compose/prometheus.yml').replaceAll('coordinator:', 'localhost:');
  expect(parse(own)).toEqual(parse(read('prometheus/prometheus.yml')));
});

test.skipIf(missing('promtool', 'prometheus'))('promtool accepts the configuration', () => {
  // its rules are mounted beside it
  output('promtool', ['check', 'config', '--syntax-only', deploy('compose/prometheus.yml')]);
});
