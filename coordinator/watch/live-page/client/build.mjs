// Makes the live page one file: bundles the script (with uPlot), and puts it and the style into the HTML. The result is
// dist/coordinator/watch/live-page/client/page.html, which makes no request but for its stream.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '../../../../dist/coordinator/watch/live-page/client/page.html');
const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));

const bundle = await rolldown({ input: join(here, 'client.ts'), platform: 'browser' });
const { output } = await bundle.generate({ format: 'iife', minify: true });
await bundle.close();

const licence = `/* The charts are uPlot.\n${readFileSync(join(uplot, 'LICENSE'), 'utf8').trim()} */\n`;
const script = licence + output[0].code.replaceAll('</script', '<\\/script');
const styles = [join(uplot, 'dist/uPlot.min.css'), join(here, '../../../pages.css'), join(here, 'page.css')];
const style = styles.map((file) => readFileSync(file, 'utf8')).join('\n');
const html = readFileSync(join(here, 'page.html'), 'utf8')
  .replace('<!--style-->', () => `<style>${style}</style>`)
  .replace('<!--script-->', () => `<script>${script}</script>`);
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, html);
