// Hostile text stays text in every language that it is put into, as readers of those languages read it.

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { markdownText, pythonJson, scriptJson, yamlScalar } from '../../src/text/quoted.ts';
import { has } from '../support/processes.ts';

const hostile = [
  "'); import os; os.system('touch broken') #",
  '"""\nraise SystemExit\n"""',
  "\\'",
  '\\',
  '\\u0041\\x41\\N{BULLET}',
  '</script><script>alert(1)</script>',
  '<!--<script>',
  ']]>&amp;',
  '- a: &x !!python/object:os.system {b: *x} # c',
  '---\n...\n%YAML 1.2',
  '\0\u0007\u001b[2J\u007f\u0085\u009b',
  '\u2028\u2029\ufeff\u202e',
  'Zürich 数字 😀',
  'true',
  '~',
  '',
];

test('in a script element: JSON that cannot end it', () => {
  const text = scriptJson(hostile);
  expect(JSON.parse(text)).toEqual(hostile);
  expect(text).toMatch(/^[\x20-\x7e]*$/);
  expect(text).not.toMatch(/[<>&]/);
});

test('in YAML: a scalar that reads back', () => {
  const text = hostile.map((one) => `- ${yamlScalar(one)}\n`).join('');
  expect(parse(text)).toEqual(hostile);
  // YAML cannot hold it
  expect(parse(yamlScalar('a\ud800b'))).toBe('a\ufffdb');
});

describe('in Python', () => {
  test('an expression of one line of ASCII, which Python reads back, and nothing of it runs', ({ skip }) => {
    const names = [...hostile, '\ud83d\ude00', '\ud800'];
    const text = pythonJson(names);
    expect(text).toMatch(/^[\x20-\x7e]*$/);
    if (!has('python3')) return skip('python3 is not here');
    const script = `import json\nprint(json.dumps(${text}))`;
    expect(JSON.parse(execFileSync('python3', ['-c', script], { encoding: 'utf8' }))).toEqual(names);
  });
});

test('in Markdown: no HTML, no markup, no further cell, no further line', () => {
  for (const one of hostile) {
    const text = markdownText(one);
    expect(text).not.toMatch(/[<>\n\r\u2028]/);
    expect(text).not.toMatch(/(?<!\\)[`*_[\]|]/);
  }
  expect(markdownText('T-shirt/top')).toBe('T-shirt/top');
  expect(markdownText('a|b')).toBe('a\\|b');
});
