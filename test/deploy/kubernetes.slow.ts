// The pods of deploy/kubernetes, started with the very commands, environment, user and volumes of the manifests, on hosts of their
// own (network namespaces): killed, evicted and rescheduled as a cluster does it. There is no cluster, no scheduler and no kubelet here.
// Needs dist/ (npm run build), kubectl, iproute2, and root.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noGroups, type Pod, Pods, probe, verdictOf } from '../support/job-pods.ts';
import { kustomized } from '../support/kustomized.ts';
import { makeHosts, netnsMissing } from '../support/netns.ts';
import { baseline, Cluster } from '../support/processes.ts';
import { jobsOf, type Manifest } from '../support/strict-kubernetes.ts';
import { missing } from '../support/tools.ts';

const noHosts = netnsMissing();
if (noHosts !== null) console.info(`the pods of deploy/kubernetes: skipped, ${noHosts}`);
const impossible = missing('kubectl', 'kubernetes-client') || noHosts !== null;

/** Long enough for all that happens to it. */
const more = ['--epochs=12'];

const jobOf = (manifests: readonly Manifest[], name: string) =>
  manifests.flatMap(jobsOf).find(({ metadata }) => metadata.name === name)!;

/** What does not change the bits of a run. */
const incidental = /^--(listen|threads|out|auto-resume|metrics-|json|min-workers|join-timeout)/;

async function expectBits(pods: Pods, coordinator: Manifest, more: readonly string[]): Promise<void> {
  const read = (name: string) =>
    JSON.parse(readFileSync(join(pods.folderOf('lockstep-runs'), 'lockstep', name), 'utf8'));
  const { digest, stateDigest, test: figures } = read('summary.json');
  const [, ...args]: string[] = coordinator.spec.template.spec.containers[0].args;
  const bits = await baseline([...args.filter((arg) => !incidental.test(arg)), ...more]);
  expect({ digest, stateDigest, test: figures, history: read('history.json') }).toEqual(bits);
}

test.skipIf(impossible)(
  'overlays/laptop: a worker is killed, the coordinator evicted and then killed, to the same bits',
  async () => {
    const manifests = kustomized('overlays/laptop');
    const [coordinator, worker] = [jobOf(manifests, 'lockstep-coordinator'), jobOf(manifests, 'lockstep-worker')];
    const hosts = makeHosts(4);
    const cluster = await Cluster.start();
    const pods = new Pods(cluster, manifests, hosts);
    // workers may come first: no address has the name yet
    const early = pods.start(worker, hosts[2]!);
    const first = pods.start(coordinator, hosts[0]!, { more });
    const late = pods.start(worker, hosts[3]!, { index: 1 });
    await first.seen(/worker \d joined: lockstep-worker-0 /);
    await first.seen(/worker \d joined: lockstep-worker-1 /);
    // as the kubelet probes, by the pod's address; as kubectl port-forward does, by loopback; of another name it reads nothing
    expect(probe(first, '/healthz', hosts[1]!)).toBe('200 ok\n\n');
    expect(probe(first, '/healthz', hosts[0]!, '127.0.0.1')).toBe('200 ok\n\n');
    expect(probe(first, '/readyz', hosts[1]!)).toMatch(/^200 training/);
    expect(probe(early, '/healthz', hosts[1]!)).toBe('200 ok\n\n');
    await first.seen(/Epoch 1\//);

    // out of memory: the Job starts the same index again
    late.signal('SIGKILL');
    expect(verdictOf(worker, await late.exitCode())).toBe('Count');
    await first.seen(/worker \d \(lockstep-worker-1\) left/);
    const again = pods.start(worker, hosts[3]!, { index: 1 });
    await first.seen(
      /worker \d joined: lockstep-worker-1 at [\s\S]* left[\s\S]*worker \d joined: lockstep-worker-1 at/,
    );

    // evicted: it writes a checkpoint, and the next pod goes on from it, elsewhere
    first.signal('SIGTERM');
    const exitCode = await first.exitCode();
    expect(exitCode, first.stderr()).toBe(143);
    expect(verdictOf(coordinator, exitCode)).toBe('Ignore');
    expect(verdictOf(coordinator, exitCode, true)).toBe('Ignore');
    const second = pods.start(coordinator, hosts[1]!, { more });
    await second.seen(/Resuming \/runs\/lockstep from step \d+/);
    await second.seen(/worker \d joined: lockstep-worker-0 /);
    await second.seen(/Epoch \d\//);

    // killed: the lock stays, and is that of a process that is gone
    second.signal('SIGKILL');
    expect(verdictOf(coordinator, await second.exitCode())).toBe('Count');
    const third = pods.start(coordinator, hosts[0]!, { more });
    await third.seen(/Resuming \/runs\/lockstep from step \d+/);

    await expectEnds([third, early, again], 0);
    const { stdout } = await third.ended;
    await expectBits(pods, coordinator, more);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ digest: expect.any(String) });
    // once more by the same command: it is done
    const done = pods.start(coordinator, hosts[1]!, { more });
    await expectEnds([done], 0);
    expect((await done.ended).stdout).toBe(stdout);
  },
);

test.skipIf(impossible)('jobset: the coordinator is found by its annotation, to the same bits', async () => {
  const manifests = kustomized('jobset');
  const [coordinator, worker] = manifests.flatMap(jobsOf) as [Manifest, Manifest];
  const hosts = makeHosts(5);
  const cluster = await Cluster.start();
  const pods = new Pods(cluster, manifests, hosts);
  // <the coordinator's host name>.<the set's Service>
  const annotations = { 'jobset.sigs.k8s.io/coordinator': `${coordinator.metadata.name}-0.lockstep` };
  const few = ['--epochs=2'];
  const workers = [0, 1, 2, 3].map((index) => pods.start(worker, hosts[index + 1]!, { index, annotations }));
  const first = pods.start(coordinator, hosts[0]!, { annotations, more: few });
  await expectEnds([first, ...workers], 0);
  expect((await first.ended).stderr).toMatch(/worker 4 joined: lockstep-worker-0-\d at 10\.77\.0\.\d:\d+, 1 thread$/m);
  await expectBits(pods, coordinator, few);
});

test.skipIf(impossible)(
  'overlays/workers-32: it waits for half of them, is alive and not ready, and says so',
  async () => {
    const manifests = kustomized('overlays/workers-32');
    const [coordinator, worker] = manifests.flatMap(jobsOf) as [Manifest, Manifest];
    const hosts = makeHosts(3);
    const cluster = await Cluster.start();
    const pods = new Pods(cluster, manifests, hosts);
    const first = pods.start(coordinator, hosts[0]!);
    await first.seen('Waiting for workers: 0 computing threads ready, 16 needed');
    expect(probe(first, '/healthz', hosts[1]!)).toBe('200 ok\n\n');
    expect(probe(first, '/readyz', hosts[1]!)).toMatch(/^503 waiting/);
    const one = pods.start(worker, hosts[1]!, { index: 31 });
    // its limit pays for one core, whatever the machine has
    await first.seen(/worker 1 joined: lockstep-worker-31 at \S+, 1 thread$/m);
    // of another token: a further pod would find the same
    const secret = manifests.find(({ kind }) => kind === 'Secret')!;
    Object.assign(secret.data!, { token: Buffer.from('of-another-cluster').toString('base64') });
    const stranger = pods.start(worker, hosts[2]!, { index: 30 });
    expect(verdictOf(worker, await stranger.exitCode()), stranger.stderr()).toBe('FailJob');
    // nothing was begun, and nothing is left that the next pod would stumble over
    first.signal('SIGTERM');
    expect(verdictOf(coordinator, await first.exitCode()), first.stderr()).toBe('Ignore');
    one.signal('SIGTERM');
    expect(verdictOf(worker, await one.exitCode()), one.stderr()).toBe('Ignore');
  },
);

test.skipIf(impossible || noGroups !== null)('1.5 CPUs are one thread', async () => {
  const manifests = kustomized('overlays/laptop');
  const [coordinator, worker] = manifests.flatMap(jobsOf) as [Manifest, Manifest];
  const hosts = makeHosts(2);
  const pods = new Pods(await Cluster.start(), manifests, hosts);
  const [container] = worker.spec.template.spec.containers;
  container.resources.limits.cpu = '1500m';
  const first = pods.start(coordinator, hosts[0]!, { more: ['--epochs=2000'] });
  const one = pods.start(worker, hosts[1]!);
  await first.seen(/joined: lockstep-worker-0 at \S+, 1 thread$/m);
  container.resources.limits.cpu = '2';
  one.signal('SIGTERM');
  expect(await one.exitCode()).toBe(143);
  pods.start(worker, hosts[1]!, { index: 1 });
  const all = availableParallelism() > 1 ? '2 threads' : '1 thread';
  await first.seen(new RegExp(`joined: lockstep-worker-1 at \\S+, ${all}$`, 'm'));
});

async function expectEnds(pods: readonly Pod[], exitCode: number): Promise<void> {
  for (const pod of pods) expect(await pod.exitCode(), pod.stderr()).toBe(exitCode);
}
