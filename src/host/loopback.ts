// Pure: can an address be reached from this machine alone? Where it can, whoever connects is somebody of this machine.

/** @param host a name or an address, an IPv6 one as typed or, as URLs have it, in brackets */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|::1|\[::1\])$/.test(host);
}
