// The services of deploy/compose.yaml on hosts of their own, under the names that they have there: coordinator and workers with the very
// commands and environment, and Debian's Prometheus with the configuration that its service reads. Neither Docker nor Grafana is here.
// Needs dist/ (npm run build), iproute2, prometheus, and root.

import { chownSync, cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { composeWith, variablesOf } from '../support/compose.ts';
import { type Host, makeHosts, netnsMissing } from '../support/netns.ts';
import { type Contained, leadNames, startContainer } from '../support/pod.ts';
import { baseline, bitsOfRun, Cluster } from '../support/processes.ts';
import { readmeOf } from '../support/readme-commands.ts';
import { startProgram } from '../support/run-cli.ts';
import { missing, output } from '../support/tools.ts';

const noHosts = netnsMissing();
if (noHosts !== null) console.info(`the services of deploy/compose.yaml: skipped, ${noHosts}`);
const readme = readmeOf('deploy/compose/README.md', 'test/deploy/compose.slow.ts');
const deploy = fileURLToPath(new URL('../../deploy', import.meta.url));
const more = ['--epochs=12'];

test.skipIf(missing('prometheus', 'prometheus') || noHosts !== null)(
  'coordinator, two workers and Prometheus',
  async () => {
    const cluster = await Cluster.start();
    expect((await readme.run('token', { cwd: cluster.folder }).ended).exitCode).toBe(0);
    const file = join(cluster.folder, '.env');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { services } = composeWith(variablesOf(readFileSync(file, 'utf8')));

    const hosts = makeHosts(4);
    leadNames(hosts, { coordinator: hosts[0]!.address });
    const runs = join(cluster.folder, 'runs');
    mkdirSync(runs);
    // as a named volume takes over the owner of the image's folder
    chownSync(runs, 10_001, 10_001);
    const start = (name: string, host: Host, args: readonly string[] = []): Contained => {
      const { command, environment } = services[name]!;
      const env = { PATH: '/usr/local/bin:/usr/bin:/bin', NODE_ENV: 'production', HOSTNAME: name, ...environment };
      const mounts = { '/tmp': null, '/runs': name === 'coordinator' ? runs : null };
      return startContainer(cluster, {
        host,
        name,
        env,
        args: [...command, ...args],
        user: 10_001,
        group: 10_001,
        mounts,
      });
    };
    const coordinator = start('coordinator', hosts[0]!, more);
    const workers = [start('worker', hosts[1]!), start('worker', hosts[2]!)];
    // the second may be ready before the first
    await coordinator.seen('worker 2 joined: ');
    await coordinator.seen('worker 3 joined: ');

    const prometheus = startPrometheus(cluster, services['prometheus']!.command, hosts[3]!);
    await prometheus.seen(/Server is ready to receive web requests/);
    // one answer of each: that of the coordinator, and those of the workers that it lists
    const up = ask(hosts[3]!, 'count by (job) (up == 1)', ['lockstep', 'lockstep-node']);
    expect(up).toEqual({ lockstep: '1', 'lockstep-node': '2' });
    prometheus.child.kill('SIGKILL');

    // `docker compose stop coordinator`, and `up`
    coordinator.signal('SIGTERM');
    expect(await coordinator.exitCode(), coordinator.stderr()).toBe(143);
    const again = start('coordinator', hosts[0]!, more);
    await again.seen(/Resuming \/runs\/lockstep from step \d+/);
    for (const worker of [again, ...workers]) expect(await worker.exitCode(), worker.stderr()).toBe(0);
    expect(await bitsOfRun(await again.ended, join(runs, 'lockstep'))).toEqual(await baseline(more));
  },
);

function startPrometheus(cluster: Cluster, command: readonly string[], host: Host) {
  const folder = join(cluster.folder, 'prometheus');
  cpSync(join(deploy, 'compose/prometheus.yml'), join(folder, 'prometheus.yml'));
  cpSync(join(deploy, 'prometheus/rules'), join(folder, 'rules'), { recursive: true });
  const args = command.map((arg) =>
    arg.replace('/etc/prometheus/', `${folder}/`).replace('=/prometheus', `=${folder}/data`),
  );
  return cluster.track(startProgram([...host.within, 'prometheus', ...args], { cwd: folder }));
}

/** What Prometheus answers, as soon as it has a value for each job. */
function ask(host: Host, query: string, jobs: readonly string[]): Record<string, string> {
  const script = `
    for (;;) {
      const { data } = await (await fetch('http://127.0.0.1:9090/api/v1/query?query=' + encodeURIComponent(process.argv[1]))).json();
      const values = Object.fromEntries(data.result.map(({ metric, value }) => [metric.job, value[1]]));
      if (process.argv.slice(2).every((job) => job in values) && values['lockstep-node'] === '2') {
        console.log(JSON.stringify(values));
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }`;
  const [command, ...rest] = host.within;
  return JSON.parse(output(command!, [...rest, process.execPath, '--input-type=module', '-e', script, query, ...jobs]));
}
