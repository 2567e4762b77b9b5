// The live page as the build left it: one file with its style and script in it. The headers allow that script and style by
// their digests, and nothing from anywhere else.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface PageFile {
  readonly html: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export function readPage(): PageFile {
  const html = readFileSync(createRequire(import.meta.url).resolve('#page'));
  const text = html.toString();
  const policy = [
    "default-src 'none'",
    `script-src ${digestOf(text, 'script')}`,
    `style-src ${digestOf(text, 'style')}`,
    // uPlot places its parts by element.style, which this does not concern
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
    },
  };
}

function digestOf(html: string, tag: 'script' | 'style'): string {
  const content = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? '';
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
