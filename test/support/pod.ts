// A container as a cluster would start it, without a cluster: the command, environment, user and volumes of a manifest, process 1 of
// namespaces of its own (network, processes, mounts, host name), no capabilities, a root file system that is read only, and the control
// group that its limits ask for. The files are this machine's own; there is no seccomp profile. Linux, as root.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Host } from './network.mjs';
import type { Cluster, Running } from './processes.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface Container {
  readonly host: Host;
  readonly name: string;
  /** All of it: nothing of this process's own is handed on. */
  readonly env: Readonly<Record<string, string>>;
  /** What follows the image's entry point. */
  readonly args: readonly string[];
  readonly user: number;
  readonly group: number;
  /** Folders of this machine, by where they are mounted; null: a new, empty one in memory. */
  readonly mounts: Readonly<Record<string, string | null>>;
  /** Control groups to start in: their folders. */
  readonly groups?: readonly string[];
}

export interface Contained extends Running {
  /** As the kubelet does, to process 1 of the container. */
  signal(name: NodeJS.Signals): void;
  /** 137 for one that was killed. */
  exitCode(): Promise<number>;
}

/** What the image says: its entry point, as a shell would be given it. */
const entryPoint = '/app/dist/src/cli.js';

const inside = `set -eu
root=$1 name=$2 user=$3 hosts=$4 repository=$5 node=$6
shift 6
echo "$name" > /proc/sys/kernel/hostname
mount --make-rprivate /
mount -t tmpfs -o mode=755 container "$root"
for folder in bin sbin lib lib64; do
  if [ -L "/$folder" ]; then cp -P "/$folder" "$root/"; elif [ -d "/$folder" ]; then mkdir "$root/$folder"; mount --bind "/$folder" "$root/$folder"; fi
done
mkdir -p "$root/usr" "$root/proc" "$root/dev" "$root/etc" "$root/sys/fs/cgroup" "$root/app/dist" "$root/app/node_modules" "$root$node"
mount --bind /usr "$root/usr"
[ "$node" = /usr ] || mount --bind "$node" "$root$node"
mount --bind "$repository/dist" "$root/app/dist"
mount --bind "$repository/node_modules" "$root/app/node_modules"
cp "$repository/package.json" "$root/app/"
for file in "$hosts" /etc/nsswitch.conf /etc/ld.so.cache; do
  touch "$root/etc/\${file##*/}"
  mount --bind "$file" "$root/etc/\${file##*/}"
done
for device in null zero random urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t proc proc "$root/proc"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
while [ "$1" != -- ]; do
  mkdir -p "$root$1"
  if [ -n "$2" ]; then mount --bind "$2" "$root$1"; else mount -t tmpfs -o mode=1777 empty "$root$1"; fi
  shift 2
done
shift
mount -o remount,ro "$root"
exec chroot "$root" /usr/bin/setpriv --reuid "\${user%:*}" --regid "\${user#*:}" --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \\
  /usr/bin/env -i "$@"`;

const outside = `set -eu
groups=$1 net=$2
shift 2
for group in $groups; do echo $$ > "$group/cgroup.procs"; done
exec nsenter --net="$net" unshare --mount --pid --uts --ipc --fork --kill-child -- sh -c "$0" sh "$@"`;

export function startContainer(cluster: Cluster, container: Container): Contained {
  const { host, name, env, args, user, group, mounts, groups = [] } = container;
  const root = join(cluster.folder, 'root');
  const namespace = host.within[3]!;
  mkdirSync(root, { recursive: true });
  const node = process.execPath.startsWith('/usr/') ? '/usr' : dirname(dirname(process.execPath));
  const running = cluster.start(args, {
    cli: entryPoint,
    within: [
      ...['sh', '-c', outside, inside, groups.join(' '), `/run/netns/${namespace}`],
      ...[root, name, `${user}:${group}`, hostsOf(host), repository, node],
      ...Object.entries(mounts).flatMap(([path, folder]) => [path, folder ?? '']),
      ...['--', '-C', '/runs', ...Object.entries(env).map(([key, value]) => `${key}=${value}`)],
    ],
  });
  return {
    ...running,
    signal: (signal) => void process.kill(firstProcess(running.child.pid!), signal),
    exitCode: async () => (await running.ended).exitCode ?? 137,
  };
}

/** Which names lead where: a file, as `ip netns exec` reads it too. */
function hostsOf({ within }: Host): string {
  return join('/etc/netns', within[3]!, 'hosts');
}

/**
 * What each host takes a name for, until the test ends. In place, since a file that is mounted elsewhere is seen there as long as it
 * is the same one.
 */
export function leadNames(hosts: readonly Host[], addresses: Readonly<Record<string, string>>): void {
  const lines = Object.entries(addresses).map(([name, address]) => `${address} ${name}\n`);
  for (const host of hosts) {
    const file = hostsOf(host);
    const folder = dirname(file);
    if (!existsSync(folder)) onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `127.0.0.1 localhost\n${lines.join('')}`);
  }
}

/** The child of `unshare`, which is process 1 in there. */
function firstProcess(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}
