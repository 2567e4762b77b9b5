// The pods of a Job (or of a JobSet's) without a cluster: what Kubernetes puts into them, where their names lead, and what becomes of the
// Job when one ends. Containers: pod.ts.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { controlGroupsMissing, makeControlGroup, removeControlGroup } from './control-group.ts';
import type { Host } from './network.mjs';
import { type Contained, leadNames, startContainer } from './pod.ts';
import type { Cluster } from './processes.ts';
import type { Manifest } from './strict-kubernetes.ts';

/** complete: 0. FailJob: no further pod. Ignore: another pod. Count: another, as often as backoffLimit says. */
export type Verdict = 'complete' | 'FailJob' | 'Ignore' | 'Count';

interface Rule {
  readonly action: Exclude<Verdict, 'complete'>;
  readonly onExitCodes?: { readonly operator: 'In' | 'NotIn'; readonly values: readonly number[] };
  readonly onPodConditions?: readonly { readonly type: string }[];
}

/** `disrupted`: the pod was evicted, and has the condition DisruptionTarget. */
export function verdictOf(job: Manifest, exitCode: number, disrupted = false): Verdict {
  if (exitCode === 0) return 'complete';
  const rules: readonly Rule[] = job.spec.podFailurePolicy.rules;
  const fits = ({ onExitCodes, onPodConditions }: Rule) =>
    onExitCodes === undefined
      ? disrupted && onPodConditions!.some(({ type }) => type === 'DisruptionTarget')
      : onExitCodes.values.includes(exitCode) === (onExitCodes.operator === 'In');
  return rules.find(fits)?.action ?? 'Count';
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface Pod extends Contained {
  readonly host: Host;
  readonly container: { readonly ports: readonly { readonly name: string; readonly containerPort: number }[] };
}

/** Why no container has its limits here; null: each has. */
export const noGroups = controlGroupsMissing();
if (noGroups !== null) console.info(`limits of CPU and memory: not tried, ${noGroups}`);

interface Particulars {
  readonly index?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly more?: readonly string[];
}

export class Pods {
  readonly #cluster: Cluster;
  readonly #manifests: readonly Manifest[];
  readonly #hosts: readonly Host[];
  #made = 0;

  /** `hosts`: one for each pod at a time. */
  constructor(cluster: Cluster, manifests: readonly Manifest[], hosts: readonly Host[]) {
    this.#cluster = cluster;
    this.#manifests = manifests;
    this.#hosts = hosts;
    this.#names({});
  }

  /** What was bound for a claim; the same for each pod that asks for it. */
  folderOf(claim: string): string {
    return join(this.#cluster.folder, claim);
  }

  /**
   * The next pod of a Job; `index` of an indexed one. Where a Service selects it, its name leads to it from now on.
   * @param annotations those that the controller of a JobSet adds
   * @param more further arguments, as an overlay would add them
   */
  start(job: Manifest, host: Host, { index = 0, annotations = {}, more = [] }: Particulars = {}): Pod {
    const { template } = job.spec;
    const [container] = template.spec.containers;
    const indexed = job.spec.completionMode === 'Indexed';
    const name = `${job.metadata.name}-${indexed ? index : `x${++this.#made}`}`;
    const own: Record<string, string> = {
      HOSTNAME: name,
      PATH: '/usr/local/bin:/usr/bin:/bin',
      NODE_ENV: 'production',
    };
    if (indexed) own['JOB_COMPLETION_INDEX'] = `${index}`;
    // what a Service's name and port would become in each pod of its namespace
    if (template.spec.enableServiceLinks !== false) own['LOCKSTEP_TOKEN'] = 'tcp://10.0.0.1:7070';
    for (const variable of container.env as readonly Variable[])
      own[variable.name] = this.#valueOf(variable, annotations);
    const args = [...container.args, ...more].map((arg: string) =>
      arg.replaceAll(/\$\((\w+)\)/g, (_, key: string) => own[key]!),
    );
    const { runAsUser, runAsGroup, fsGroup } = template.spec.securityContext;
    const mounts = Object.fromEntries(
      container.volumeMounts.map((mount: { name: string; mountPath: string }) => [
        mount.mountPath,
        this.#volume(
          template.spec.volumes.find((one: { name: string }) => one.name === mount.name),
          fsGroup,
        ),
      ]),
    );
    if (!('/runs' in mounts)) mounts['/runs'] = null;
    const groups = noGroups === null ? makeControlGroup(limitsOf(container.resources.limits)) : [];
    onTestFinished(() => removeControlGroup(groups));
    this.#lead(template.metadata.labels, name, host, job);
    const pod = startContainer(this.#cluster, {
      host,
      name,
      env: own,
      args,
      user: runAsUser,
      group: runAsGroup,
      mounts,
      groups,
    });
    return { ...pod, host, container };
  }

  #valueOf({ value, valueFrom }: Variable, annotations: Readonly<Record<string, string>>): string {
    if (value !== undefined) return value;
    const { secretKeyRef, fieldRef } = valueFrom!;
    if (secretKeyRef !== undefined) {
      const secret = this.#manifests.find(
        ({ kind, metadata }) => kind === 'Secret' && metadata.name === secretKeyRef.name,
      );
      return Buffer.from(secret!.data![secretKeyRef.key]!, 'base64').toString();
    }
    return annotations[/^metadata\.annotations\['(.+)'\]$/.exec(fieldRef!.fieldPath)![1]!]!;
  }

  #volume(volume: { persistentVolumeClaim?: { claimName: string } }, fsGroup: number): string | null {
    if (volume.persistentVolumeClaim === undefined) return null;
    const folder = this.folderOf(volume.persistentVolumeClaim.claimName);
    mkdirSync(folder, { recursive: true });
    // by fsGroup the kubelet hands a volume to the group, and changes nothing else
    chownSync(folder, 0, fsGroup);
    chmodSync(folder, 0o2775);
    return folder;
  }

  #lead(labels: Readonly<Record<string, string>>, name: string, { address }: Host, job: Manifest): void {
    const selects = ({ kind, spec }: Manifest) =>
      kind === 'Service' &&
      spec.publishNotReadyAddresses === true &&
      Object.entries(spec.selector as Record<string, string>).every(([key, value]) => labels[key] === value);
    const services = this.#manifests.filter(selects).map(({ metadata }) => metadata.name);
    const set = this.#manifests.find(
      ({ kind, metadata }) => kind === 'JobSet' && job.metadata.name.startsWith(metadata.name),
    );
    const names = [...services, ...(set === undefined ? [] : [`${name}.${set.metadata.name}`])];
    if (names.length > 0) this.#names(Object.fromEntries(names.map((one) => [one, address])));
  }

  readonly #known = new Map<string, string>();

  #names(more: Readonly<Record<string, string>>): void {
    for (const [name, address] of Object.entries(more)) this.#known.set(name, address);
    leadNames(this.#hosts, Object.fromEntries(this.#known));
  }
}

function limitsOf({ cpu, memory }: { readonly cpu: string; readonly memory: string }) {
  const [, count, unit] = /^(\d+)(Mi|Gi)$/.exec(memory)!;
  return { cpus: cpuCount(cpu), memoryBytes: Number(count) * (unit === 'Gi' ? 2 ** 30 : 2 ** 20) };
}

/** "1500m" or "1.5". */
function cpuCount(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
}

/** What an HTTP probe gets from the node: a status, and the text. */
export function probe({ container, host }: Pod, path: string, from: Host, name = host.address): string {
  const port = container.ports.find((one) => one.name === 'metrics')!.containerPort;
  const [command, ...rest] = from.within;
  const ask = `fetch('http://${name}:${port}${path}').then(async (r) => console.log(r.status, await r.text()), (e) => console.log(e.cause.code))`;
  return execFileSync(command!, [...rest, process.execPath, '-e', ask], { encoding: 'utf8' });
}
