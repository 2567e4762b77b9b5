// What a control group pays for, by files as both versions have them.

import { expect, it } from 'vitest';
import { cpuQuota, processCores, usableCores } from '../../src/host/usable-cores.ts';

const reading = (files: Readonly<Record<string, string>>) => cpuQuota((path) => files[path] ?? '');

it.each([
  ['no control groups', {}, null],
  ['none that limits', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, null],
  [
    'a container, which sees its own as the root',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' },
    1.5,
  ],
  [
    'a container that sees the path of the host',
    { '/proc/self/cgroup': '0::/kubepods/pod1/c2\n', '/sys/fs/cgroup/cpu.max': '50000 100000\n' },
    0.5,
  ],
  [
    'the least of a service and the slice above it',
    {
      '/proc/self/cgroup': '0::/system.slice/a.service\n',
      '/sys/fs/cgroup/system.slice/a.service/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '400000 200000\n',
    },
    2,
  ],
  [
    'version 1',
    {
      '/proc/self/cgroup': '9:name=systemd:/\n4:cpu,cpuacct:/docker/c\n0::/\n',
      '/sys/fs/cgroup/cpu/docker/c/cpu.cfs_quota_us': '300000\n',
      '/sys/fs/cgroup/cpu/docker/c/cpu.cfs_period_us': '100000\n',
    },
    3,
  ],
  [
    'version 1 without a limit, beside a controller of a like name',
    {
      '/proc/self/cgroup': '3:cpuset:/x\n1:cpu:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    null,
  ],
])('%s', (_, files, quota) => {
  expect(reading(files)).toBe(quota);
});

it('is a whole number of at least one, and no more than the system lets us use', () => {
  const cores = usableCores();
  expect(Number.isInteger(cores)).toBe(true);
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(cores).toBeLessThanOrEqual(processCores().allowed);
});
