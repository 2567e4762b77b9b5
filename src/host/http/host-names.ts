// Pure: may a page of this name read what is answered without a proof? A web page whose name is made to point at this
// machine (DNS rebinding) counts as its own origin for a browser, and gives itself away only by the Host that it asks for.

import { isIP } from 'node:net';

export interface HostPolicy {
  /** The address or name that is listened at. */
  readonly bound: string;
  /** Of the machine. */
  readonly machine: string;
  /** --allow-host. */
  readonly allowed: readonly string[];
}

export interface HostRequest {
  /** Every Host header that came. */
  readonly hosts: readonly string[];
  /** The request's target, which may be a whole URL. */
  readonly target: string;
}

/** @returns the path that is asked for, without its query; null where the host is not one of ours */
export function judgeHost({ hosts, target }: HostRequest, policy: HostPolicy): string | null {
  if (hosts.length !== 1 || !known(hosts[0]!, policy)) return null;
  // the form for proxies: its own host counts too
  const whole = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/i.exec(target);
  if (whole !== null) return known(whole[1]!, policy) ? whole[2]! || '/' : null;
  return target.split('?')[0]!;
}

function known(host: string, { bound, machine, allowed }: HostPolicy): boolean {
  const name = nameOf(host);
  if (name === null) return false;
  if (isIP(name) !== 0 || name === 'localhost') return true;
  const ours = [bound, machine, machine.split('.')[0]!, ...allowed];
  return ours.some((one) => one !== '' && name === plainName(one));
}

/** A Host header without its port; null where it is none. */
function nameOf(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)(?:%[\w.-]+)?\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  if (match === null) return null;
  const [, literal, name] = match;
  if (literal !== undefined) return isIP(literal) === 6 ? literal : null;
  return plainName(name!);
}

/** Names are the same in capitals, and with the dot of the root behind them. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
