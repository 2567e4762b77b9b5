// The report as one page that needs nothing else: no network, no script, no font. Knows nothing of files.

import { escaped, themeRules } from './svg.ts';

export interface ReportPage {
  readonly title: string;
  readonly subtitle: string;
  /** Large numbers at the top: a value and what it is. */
  readonly highlights: readonly (readonly [value: string, name: string])[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly text?: string;
  /** An <svg> element. */
  readonly figure?: string;
  /** Rows of two cells. */
  readonly rows?: readonly (readonly [string, string])[];
  /** Lines of a terminal. */
  readonly code?: string;
}

// on paper a section stays together with its heading, and one that is longer than a page is cut between two rows
const style = `
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1000px;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0}
h2{font-size:1.25rem;margin:2.6rem 0 .4rem;padding-top:.9rem;border-top:1px solid var(--grid)}
p{margin:.35rem 0 .9rem;color:var(--muted);max-width:70ch;text-wrap:pretty}
ul.numbers{list-style:none;display:flex;flex-wrap:wrap;gap:1.2rem 2.6rem;margin:1.8rem 0 0;padding:0}
ul.numbers b{display:block;font-size:1.7rem;font-weight:600;line-height:1.2;font-variant-numeric:tabular-nums}
ul.numbers span{color:var(--muted);font-size:.9rem}
svg{display:block;max-width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top;overflow-wrap:anywhere}
td:first-child{color:var(--muted);white-space:nowrap;width:1%;padding-right:1.6rem;overflow-wrap:normal}
pre{overflow-x:auto;padding:.9rem 1rem;border:1px solid var(--grid);border-radius:6px;font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media screen and (max-width:760px){.figure{overflow-x:auto}.figure svg{min-width:680px}}
@media print{@page{margin:15mm}main{max-width:none;padding:0}body{font-size:11pt}h2{margin-top:1.4rem}h2,p:not(:last-child){break-after:avoid}section,tr{break-inside:avoid}.figure svg{width:auto;max-height:120mm}}`;

export function reportPage({ title, subtitle, highlights, sections }: ReportPage): string {
  const numbers = highlights.map(([value, name]) => `<li><b>${escaped(value)}</b><span>${escaped(name)}</span></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${themeRules(':root')}${style}
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(subtitle)}</p>
<ul class="numbers">${numbers.join('')}</ul>
${sections.map(section).join('\n')}
</main>
</body>
</html>
`;
}

function section({ title, text, figure, rows, code }: Section): string {
  const parts = [`<h2>${escaped(title)}</h2>`];
  if (text !== undefined) parts.push(`<p>${escaped(text)}</p>`);
  // on a small screen it is the figure that scrolls, and not the page
  if (figure !== undefined) parts.push(`<div class="figure">${figure}</div>`);
  if (rows !== undefined) {
    const lines = rows.map(([name, value]) => `<tr><td>${escaped(name)}</td><td>${escaped(value)}</td></tr>`);
    parts.push(`<table>${lines.join('')}</table>`);
  }
  if (code !== undefined) parts.push(`<pre>${escaped(code)}</pre>`);
  return `<section>${parts.join('\n')}</section>`;
}
