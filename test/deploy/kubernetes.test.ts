// The manifests of deploy/kubernetes: what kustomize makes of them is what an API server takes, without a field that it does not know,
// and keeps what README.md promises. That their commands run: kubernetes.slow.ts.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { verdictOf } from '../support/job-pods.ts';
import { kubernetesFolder, kustomized, manifestsOf } from '../support/kustomized.ts';
import { readmeOf } from '../support/readme-commands.ts';
import { complaintsOf, jobsOf, type Manifest } from '../support/strict-kubernetes.ts';
import { missing } from '../support/tools.ts';

const folders = ['overlays/laptop', 'overlays/workers-32', 'jobset'];
const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe.skipIf(missing('kubectl', 'kubernetes-client'))('deploy/kubernetes', () => {
  const all = new Map(folders.map((folder) => [folder, kustomized(folder)]));
  const jobs = [...all].flatMap(([folder, manifests]) =>
    manifests.flatMap(jobsOf).map((job) => [`${folder}: ${job.metadata.name}`, job] as const),
  );
  const roleOf = (job: Manifest): string => job.spec.template.metadata.labels['app.kubernetes.io/component'];

  test.each(folders)('%s is what an API server takes', (folder) => {
    const kinds = all.get(folder)!.map(({ kind }) => kind);
    expect(all.get(folder)!.flatMap(complaintsOf)).toEqual([]);
    expect(kinds).toEqual(expect.arrayContaining(['Secret', 'PersistentVolumeClaim', 'NetworkPolicy']));
    expect(kinds.includes('PodMonitor')).toBe(folder === 'overlays/workers-32');
  });

  test('has a coordinator and workers each', () => {
    expect(jobs.map(([, job]) => roleOf(job))).toEqual(folders.flatMap(() => ['coordinator', 'worker']));
  });

  test.each(jobs)('%s is what the restricted profile of Pod Security takes', (_name, job) => {
    const { spec } = job.spec.template;
    const [container, ...others] = spec.containers;
    expect(others).toEqual([]);
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(spec).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
    const [, user, group] = /^USER (\d+):(\d+)$/m.exec(file('deploy/container/Dockerfile'))!;
    expect([spec.securityContext.runAsUser, spec.securityContext.runAsGroup]).toEqual([Number(user), Number(group)]);
  });

  test.each(jobs)('%s has requests, limits and probes, and retries by exit codes', (_name, job) => {
    const [container] = job.spec.template.spec.containers;
    for (const what of ['requests', 'limits']) {
      expect(container.resources[what]).toEqual({ cpu: expect.any(String), memory: expect.any(String) });
    }
    for (const what of ['startupProbe', 'livenessProbe']) {
      expect(container[what].httpGet).toEqual({ path: '/healthz', port: 'metrics' });
    }
    const port = container.ports.find(({ name }: { name: string }) => name === 'metrics').containerPort;
    expect(container.args).toEqual(expect.arrayContaining([`--metrics-port=${port}`, '--metrics-host=0.0.0.0']));
    expect(job.spec.template.spec.restartPolicy).toBe('Never');
    const verdicts = [0, 1, 2, 3, 75, 129, 130, 137, 143].map((code) => [code, verdictOf(job, code)]);
    expect(Object.fromEntries(verdicts)).toEqual({
      ...{ 0: 'complete', 2: 'FailJob', 3: 'FailJob', 130: 'Ignore', 143: 'Ignore' },
      ...{ 1: 'Count', 75: 'Count', 129: 'Count', 137: 'Count' },
    });
    expect(verdictOf(job, 137, true)).toBe('Ignore');
    // what counts must not count for ever
    expect(job.spec.backoffLimit).toBeGreaterThan(0);
    if (roleOf(job) === 'worker') expect(container.args.join(' ')).toMatch(/--retry-for=\d+/);
    else expect(container.args).toEqual(expect.arrayContaining(['--auto-resume', '--out=/runs/lockstep']));
  });

  test('jobset starts the containers of base', () => {
    const container = (job: Manifest) => {
      const { image, imagePullPolicy, resources, args, env, ...rest } = job.spec.template.spec.containers[0];
      return rest;
    };
    const [, , coordinator, worker, ...ofSet] = jobs.map(([, job]) => job);
    expect(ofSet.map(container)).toEqual([coordinator!, worker!].map(container));
    expect(ofSet.map(({ spec }) => spec.podFailurePolicy)).toEqual(
      [coordinator!, worker!].map(({ spec }) => spec.podFailurePolicy),
    );
  });

  test('the Service leads to a coordinator that is not ready yet, at the port where it listens', () => {
    for (const folder of ['overlays/laptop', 'overlays/workers-32']) {
      const manifests = all.get(folder)!;
      const service = manifests.find(({ kind }) => kind === 'Service')!;
      const [coordinator, worker] = manifests.flatMap(jobsOf);
      expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
      expect(coordinator!.spec.template.metadata.labels).toMatchObject(service.spec.selector);
      const { name } = service.metadata;
      expect(worker!.spec.template.spec.containers[0].args).toContain(`--connect=ws://${name}:7070`);
    }
  });

  test('the commands of the README make a token that only its owner reads, and what would be sent', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'lockstep-deploy-'));
    onTestFinished(() => rmSync(cwd, { recursive: true }));
    cpSync(kubernetesFolder, cwd, { recursive: true });
    const readme = readmeOf('deploy/kubernetes/README.md', 'test/deploy/kubernetes.test.ts');
    expect((await readme.run('render', { cwd }).ended).stderr).toMatch(/surroundings\/token.*no such file/);
    expect((await readme.run('token', { cwd }).ended).exitCode).toBe(0);
    const path = join(cwd, 'surroundings/token');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { exitCode, stdout, stderr } = await readme.run('render', { cwd }).ended;
    expect(exitCode, stderr).toBe(0);
    const [secret] = manifestsOf(stdout).filter(({ kind }) => kind === 'Secret');
    expect(Buffer.from(secret!.data!['token']!, 'base64').toString()).toBe(readFileSync(path, 'utf8'));
    expect(
      execFileSync('git', ['check-ignore', 'surroundings/token'], { cwd: kubernetesFolder, encoding: 'utf8' }),
    ).toMatch(/token/);
  });

  test('every worker of workers-32 has a shard', () => {
    const [coordinator, worker] = all.get('overlays/workers-32')!.flatMap(jobsOf);
    expect(coordinator!.spec.template.spec.containers[0].args).toContain(`--shards=${worker!.spec.completions}`);
  });
});

describe('of bad manifests it is said', () => {
  const pod = { restartPolicy: 'Never', containers: [{ name: 'one', image: 'two' }] };
  const job = (spec: unknown): Manifest => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'bad' }, spec });

  test('which field there is not, at any depth', () => {
    expect(complaintsOf(job({ template: { spec: pod } }))).toEqual([]);
    expect(complaintsOf(job({ retries: 3, template: { spec: pod } }))).toEqual(['Job bad: spec.retries is no field']);
    const containers = [{ ...pod.containers[0], livenessProbe: { httpGet: { port: 1, paths: '/' } } }];
    expect(complaintsOf(job({ template: { spec: { ...pod, containers } } }))).toEqual([
      'Job bad: spec.template.spec.containers.0.livenessProbe.httpGet.paths is no field',
    ]);
  });

  test('which value is none', () => {
    expect(complaintsOf(job({ backoffLimit: 'six', template: { spec: pod } }))[0]).toMatch(/backoffLimit/);
    expect(complaintsOf(job({}))[0]).toMatch(/template/);
  });

  test('the same of those that have only a schema of ours', () => {
    const monitor = (more: object): Manifest => ({
      ...{ apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', metadata: { name: 'bad', labels: {} } },
      spec: { selector: { matchLabels: {} }, podMetricsEndpoints: [], ...more },
    });
    expect(complaintsOf(monitor({}))).toEqual([]);
    expect(complaintsOf(monitor({ endpoints: [] }))[0]).toMatch(/PodMonitor bad: spec.endpoints: /);
  });
});
