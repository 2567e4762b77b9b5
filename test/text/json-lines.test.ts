// Lines of a configuration file's keys.

import { expect, it } from 'vitest';
import { lineOfKey, withLine } from '../../src/text/json-lines.ts';

const json = `{ "epochs": 3,
  "record": { "lr": 1, "seed": [
    1] }, "name": "lr", "a\\n}": "{\\"lr\\": 2",
  "lr"
  : "fast", "\\u0073eed": 7,

  "twice": 1,
  "twice": 2 }`;

it.each([
  ['epochs', 1],
  ['name', 3],
  ['a\n}', 3],
  ['lr', 4],
  ['seed', 5],
  ['twice', 8],
  ['nothing', null],
])('%j stands in line %j', (key, line) => {
  expect(JSON.parse(json)).toBeTypeOf('object');
  expect(lineOfKey(json, key)).toBe(line);
});

it('the place of a mistake has its line', () => {
  const wrong = '{\n"a": 1,\n,}';
  const message = (() => {
    try {
      return String(JSON.parse(wrong));
    } catch (error) {
      return (error as Error).message;
    }
  })();
  expect(withLine(message, wrong)).toMatch(/at position 10 \(line 3\b/);
  expect(withLine('Unexpected end of JSON input', '{')).toBe('Unexpected end of JSON input');
  expect(withLine('at position 10 (line 3 column 1)', wrong)).toBe('at position 10 (line 3 column 1)');
});
