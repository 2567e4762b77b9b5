// A user's name and password within an address, http://user:secret@host: sent as what they are, and shown nowhere. Pure.

export interface Address {
  /** Without name and password. */
  readonly url: string;
  /** Value of the header Authorization; null where there are none. */
  readonly authorization: string | null;
}

/** null: a name or a password that nobody can send (bad percent encoding, a colon in a name). */
export function splitAddress(text: string): Address | null {
  const url = new URL(text);
  const { username, password } = url;
  if (username === '' && password === '') return { url: text, authorization: null };
  url.username = '';
  url.password = '';
  try {
    const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
    if (user.includes(':')) return null;
    const pair = btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${secret}`)));
    return { url: url.href, authorization: `Basic ${pair}` };
  } catch {
    return null;
  }
}

/** Addresses within a text, without what stands before their host. */
export function hideCredentials(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>]*@/gi, '$1***@');
}

/** A value that should be an address and may be none: without all that may be a password. */
export function hideInValue(value: string): string {
  const at = value.lastIndexOf('@');
  if (at < 0) return value;
  const scheme = /^[\w+.-]*:\/\//.exec(value)?.[0] ?? '';
  return `${scheme}***${value.slice(at)}`;
}
