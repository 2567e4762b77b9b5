// Makes the drawing page one file: bundles the script, with the very code by which `predict` finds what a picture shows, and puts it
// and the style into the HTML. Its policy allows this script and this style by their digests, and nothing else from anywhere. The
// result is dist/coordinator/drawing-page/client/page.html, into which an export puts a model.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '../../../dist/coordinator/drawing-page/client/page.html');

const bundle = await rolldown({ input: join(here, 'client.ts'), platform: 'browser' });
const { output } = await bundle.generate({ format: 'iife', minify: true });
await bundle.close();

const digestOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const script = output[0].code.replaceAll('</script', '<\\/script');
const styles = [join(here, '../../pages.css'), join(here, 'page.css')];
const style = styles.map((file) => readFileSync(file, 'utf8')).join('\n');
const policy = [
  "default-src 'none'",
  `script-src ${digestOf(script)}`,
  `style-src ${digestOf(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const html = readFileSync(join(here, 'page.html'), 'utf8')
  .replace('<!--policy-->', () => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
  .replace('<!--style-->', () => `<style>${style}</style>`)
  .replace('<!--script-->', () => `<script>${script}</script>`);
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, html);
