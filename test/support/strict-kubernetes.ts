// Whether a manifest is one that an API server takes: the types of kubernetes-models, and no field beyond them. Its validators are
// compiled and pass over what they do not know; so it is watched which fields they read, and what nobody read is no field.
// JobSet and PodMonitor are no part of it: small schemas, written from their documentation, with only what is used here.

import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PersistentVolumeClaim, Secret, Service } from 'kubernetes-models/v1';
import {
  array,
  boolean,
  type GenericSchema,
  integer,
  literal,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  record,
  regex,
  safeParse,
  strictObject,
  string,
  unknown,
} from 'valibot';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: of any kind
  readonly spec?: any;
  readonly data?: Readonly<Record<string, string>>;
}

interface Validated {
  validate(): void;
}
// biome-ignore lint/suspicious/noExplicitAny: each takes its own kind
const models: Readonly<Record<string, new (data: any) => Validated>> = {
  'batch/v1 Job': Job,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'v1 PersistentVolumeClaim': PersistentVolumeClaim,
  'v1 Secret': Secret,
  'v1 Service': Service,
};

const count = pipe(number(), integer(), minValue(0));
const metadata = strictObject({ name: string(), labels: record(string(), string()) });
const names = array(string());

// https://jobset.sigs.k8s.io/docs/reference/jobset.v1alpha2/
const jobSet = strictObject({
  apiVersion: literal('jobset.x-k8s.io/v1alpha2'),
  kind: literal('JobSet'),
  metadata,
  spec: strictObject({
    network: strictObject({ enableDNSHostnames: boolean(), publishNotReadyAddresses: boolean() }),
    coordinator: strictObject({ replicatedJob: string(), jobIndex: count, podIndex: count }),
    successPolicy: strictObject({ operator: picklist(['All', 'Any']), targetReplicatedJobs: names }),
    failurePolicy: strictObject({
      maxRestarts: count,
      rules: array(
        strictObject({
          action: picklist(['FailJobSet', 'RestartJobSet', 'RestartJobSetAndIgnoreMaxRestarts']),
          // the reasons for which a Job fails
          onJobFailureReasons: array(
            picklist([
              'BackoffLimitExceeded',
              'DeadlineExceeded',
              'FailedIndexes',
              'MaxFailedIndexesExceeded',
              'PodFailurePolicy',
            ]),
          ),
          targetReplicatedJobs: optional(names),
        }),
      ),
    }),
    // what is in `spec` is a Job's, and asked of its own model
    replicatedJobs: array(
      strictObject({ name: string(), replicas: count, template: strictObject({ spec: unknown() }) }),
    ),
  }),
});

const duration = pipe(string(), regex(/^\d+(ms|s|m|h)$/));

// https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
const podMonitor = strictObject({
  apiVersion: literal('monitoring.coreos.com/v1'),
  kind: literal('PodMonitor'),
  metadata,
  spec: strictObject({
    selector: strictObject({ matchLabels: record(string(), string()) }),
    podMetricsEndpoints: array(
      strictObject({ port: string(), path: string(), interval: duration, scrapeTimeout: duration }),
    ),
  }),
});

const schemas: Readonly<Record<string, GenericSchema>> = {
  'jobset.x-k8s.io/v1alpha2 JobSet': jobSet,
  'monitoring.coreos.com/v1 PodMonitor': podMonitor,
};

/** Empty: an API server takes it. */
export function complaintsOf(manifest: Manifest): readonly string[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  const name = `${manifest.kind} ${manifest.metadata?.name}`;
  const model = models[kind];
  if (model !== undefined) return complaintsOfModel(model, manifest).map((why) => `${name}: ${why}`);
  const schema = schemas[kind];
  if (schema === undefined) return [`${name}: nothing is known of ${kind}`];
  const { success, issues } = safeParse(schema, manifest);
  if (!success) {
    return issues.map(({ message, path }) => `${name}: ${path?.map(({ key }) => key).join('.')}: ${message}`);
  }
  return jobsOf(manifest).flatMap((job) => (job === manifest ? [] : complaintsOf(job)));
}

/** The Jobs that a manifest makes; a JobSet has some. */
export function jobsOf(manifest: Manifest): readonly Manifest[] {
  if (manifest.kind === 'Job') return [manifest];
  if (manifest.kind !== 'JobSet') return [];
  return manifest.spec.replicatedJobs.map((job: { name: string; template: { spec: unknown } }) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${manifest.metadata.name}-${job.name}-0` },
    spec: job.template.spec,
  }));
}

// biome-ignore lint/suspicious/noExplicitAny: each takes its own kind
function complaintsOfModel(Model: new (data: any) => Validated, manifest: Manifest): readonly string[] {
  const read = new Set<string>();
  const model = new Model(manifest);
  try {
    Reflect.apply(model.validate, watched(model, '', read), []);
  } catch (error) {
    return [(error as Error).message];
  }
  return fieldsOf(manifest, '')
    .filter((path) => !read.has(path))
    .map((path) => `${path.slice(1)} is no field`);
}

/** The same object, but each field that is read of it, at any depth, is noted by its path. */
function watched<T extends object>(target: T, path: string, read: Set<string>): T {
  return new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key);
      if (typeof key === 'symbol') return value;
      read.add(`${path}.${key}`);
      return typeof value === 'object' && value !== null ? watched(value, `${path}.${key}`, read) : value;
    },
  });
}

function fieldsOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}.${key}`, ...fieldsOf(inner, `${path}.${key}`)]);
}
