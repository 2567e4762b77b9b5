// Pure: the address of a connection's other end. One machine has many spellings: an IPv4 address may come as an IPv6 one,
// and whoever has one IPv6 address has the 2^64 of its network.

import { isIPv4, isIPv6 } from 'node:net';

/** As a log shows it: 10.0.0.7:4711 or [2001:db8::7]:4711. */
export function addressText(address: string | undefined, port: number | undefined): string {
  const plain = unmapped(address ?? 'unknown');
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port ?? 0}`;
}

/** Another port of the same machine; `address` as a log shows it. */
export function withPort(address: string, port: number): string {
  return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}

/** What counts as one address where limits are counted: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function addressGroup(address: string | undefined): string {
  const plain = unmapped(address ?? 'unknown');
  if (!isIPv6(plain)) return plain;
  const [words] = [wordsOf(plain.replace(/%.*$/, ''))];
  return `${words
    .slice(0, 4)
    .map((word) => word.toString(16))
    .join(':')}::/64`;
}

/** ::ffff:10.0.0.7 and ::ffff:a00:7 are 10.0.0.7. */
function unmapped(address: string): string {
  if (!isIPv6(address)) return address;
  const words = wordsOf(address.replace(/%.*$/, ''));
  if (words.slice(0, 5).some((word) => word !== 0) || words[5] !== 0xffff) return address;
  const [high, low] = [words[6]!, words[7]!];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight 16-bit words of an IPv6 address without a zone. */
function wordsOf(address: string): number[] {
  const [left, right] = address.split('::') as [string, string | undefined];
  const head = words(left);
  if (right === undefined) return head;
  const tail = words(right);
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function words(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((word) => {
    if (!isIPv4(word)) return [Number.parseInt(word, 16)];
    const [a, b, c, d] = word.split('.').map(Number) as [number, number, number, number];
    return [(a << 8) | b, (c << 8) | d];
  });
}
