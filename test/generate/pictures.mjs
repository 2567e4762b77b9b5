// Writes the two pictures of README.md from one real run: deploy/pictures/terminal.png, what a terminal shows when the run is over,
// and deploy/pictures/live-page.png, the live page while it trains. The browser may take a core from the run, which then warns of it:
// such a run is no picture, and the next is taken. Needs dist/ (npm run build), Debian's chromium and `script`.
// Of a terminal's escape sequences it knows those that our progress writes, and ends at any other.
//   npm run pictures

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pictures = join(root, 'deploy/pictures');
const flags = 'train --epochs 8 --metrics-port 9464';
const [columns, rows] = [100, 21];

const RUNS_AT_MOST = 8;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-pictures-'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 760 } });
  let written = await run(page);
  for (let n = 1; n < RUNS_AT_MOST && written.includes('Warning:'); n++) written = await run(page);
  // a page of its own: the live page's policy would forbid its style
  const terminal = await browser.newPage({ viewport: { width: 1100, height: 760 } });
  await terminal.setContent(terminalPage(linesOf(written).slice(-rows)));
  await terminal.locator('main').screenshot({ path: join(pictures, 'terminal.png') });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Trains, and takes the picture of the live page on the way. What the terminal was sent. */
async function run(page) {
  let written = '';
  const command = `stty cols ${columns} rows ${rows}; exec '${process.execPath}' '${join(root, 'dist/src/cli.js')}' ${flags}`;
  // script gives it a terminal of its own
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const seen = (what) =>
    new Promise((resolve, reject) => {
      const look = () => what.test(written) && resolve(what.exec(written)[0]);
      child.stdout.on('data', look);
      child.on('close', () => reject(new Error(`it ended without ${what}:\n${written}`)));
    });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    written += text;
  });
  await page.goto(await seen(/http:\S+/));
  await seen(/ 6\/8 {2}/);
  await page.screenshot({ path: join(pictures, 'live-page.png') });
  if ((await ended) !== 0) throw new Error(written);
  return written;
}

/** Lines of cells, as they stand when all is written: a carriage return goes back, `[K` clears the rest, `[m` changes the colour. */
function linesOf(text) {
  const lines = [[]];
  let [column, colour] = [0, '39'];
  for (const [one] of text.replaceAll('\x1b', '␛').matchAll(/␛\[[\d;?]*[A-Za-z]|[\s\S]/gu)) {
    const line = lines.at(-1);
    if (one === '\r') column = 0;
    else if (one === '\n') {
      lines.push([]);
      column = 0;
    } else if (one === '␛[K') line.length = Math.min(line.length, column);
    else if (/^␛\[\d+m$/.test(one)) colour = one.slice(2, -1);
    else if (one.startsWith('␛')) throw new Error(`an escape sequence that is not known: ${JSON.stringify(one)}`);
    else if (column === columns) {
      lines.push([{ one, colour }]);
      column = 1;
    } else line[column++] = { one, colour };
  }
  return lines;
}

function terminalPage(lines) {
  const colours = { 32: '#7ee787', 33: '#e3b341', 31: '#ff7b72' };
  const shown = lines.map((line) =>
    Array.from(line, (cell) => {
      const { one, colour } = cell ?? { one: ' ', colour: '39' };
      const letter = one === '<' ? '&lt;' : one === '&' ? '&amp;' : one;
      return colours[colour] ? `<span style="color:${colours[colour]}">${letter}</span>` : letter;
    }).join(''),
  );
  return `<style>
    body { margin: 0 } main { display: inline-block; background: #0d1117; color: #e6edf3; border-radius: 8px }
    pre { margin: 0; padding: 12px 16px 4px; font: 14px/1.4 'DejaVu Sans Mono', monospace; min-width: ${columns}ch }
    b { color: #8b949e; font-weight: normal }
  </style><main><pre><b>$</b> lockstep ${flags}\n<b>...</b>\n${shown.join('\n')}</pre></main>`;
}
