// Hosts of their own on one machine: network namespaces with a switch between them (iproute2, as root). The switch is a
// bridge in a further namespace, so nothing of the machine's own network is touched, and deleting the namespaces deletes all.
// For tests (netns.ts) and for benchmarks.

import { execFileSync } from 'node:child_process';

function run(command, ...args) {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

const ip = (...args) => run('ip', ...args);

let networks = 0;

/** Why there can be no network here; null when there can. */
export function networkMissing() {
  for (const command of ['ip', 'tc']) if (!has(command)) return `${command} is not installed (iproute2)`;
  const probe = nameOf('probe');
  try {
    ip('netns', 'add', probe);
    ip('-n', probe, 'link', 'add', 'name', 'br0', 'type', 'bridge');
    ip('-n', probe, 'link', 'add', 'name', 'end0', 'type', 'veth', 'peer', 'name', 'end1');
    run('tc', '-n', probe, 'qdisc', 'add', 'dev', 'end0', ...shaping(100));
    return null;
  } catch (error) {
    return `network namespaces cannot be made (not root?): ${error.message.trim().split('\n').at(-1)}`;
  } finally {
    remove(probe);
  }
}

/** To be removed by its caller. */
export function makeNetwork(count) {
  const network = ++networks;
  const bridge = nameOf(`${network}-switch`);
  const names = Array.from({ length: count }, (_, i) => nameOf(`${network}-host${i}`));
  const removeAll = () => {
    for (const name of [...names, bridge]) remove(name);
  };
  try {
    return { hosts: hostsOf(bridge, names), remove: removeAll };
  } catch (error) {
    removeAll();
    throw error;
  }
}

function hostsOf(bridge, names) {
  ip('netns', 'add', bridge);
  ip('-n', bridge, 'link', 'add', 'name', 'br0', 'type', 'bridge');
  ip('-n', bridge, 'link', 'set', 'br0', 'up');
  return names.map((name, i) => {
    const address = `10.77.0.${i + 1}`;
    const port = `port${i}`;
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', bridge, 'link', 'add', 'name', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', bridge, 'link', 'set', port, 'master', 'br0', 'up');
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    return {
      address,
      within: ['ip', 'netns', 'exec', name],
      setLink: (state) => ip('-n', bridge, 'link', 'set', port, state),
      limitRate: (megabits) => {
        for (const end of [
          ['-n', name, 'qdisc', 'add', 'dev', 'eth0'],
          ['-n', bridge, 'qdisc', 'add', 'dev', port],
        ]) {
          run('tc', ...end, ...shaping(megabits));
        }
      },
    };
  });
}

function shaping(megabits) {
  return ['root', 'tbf', 'rate', `${megabits}mbit`, 'burst', '64kb', 'latency', '200ms'];
}

function nameOf(what) {
  return `lockstep-${process.pid}-${what}`;
}

function remove(name) {
  try {
    ip('netns', 'delete', name);
  } catch {
    // it was never made
  }
}

/** Is a command there? */
function has(command) {
  try {
    run('sh', '-c', `command -v ${command}`);
    return true;
  } catch {
    return false;
  }
}
