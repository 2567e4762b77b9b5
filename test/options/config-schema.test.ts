// The schema against what it is made of: a real validator takes what the program takes, and nothing else.

import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostAndPort } from '../../src/options/address-kinds.ts';
import { configForFile, resolveOptions } from '../../src/options/config.ts';
import { configSchema } from '../../src/options/config-schema.ts';
import { type OptionKey, optionKeys, optionTable } from '../../src/options/option-table.ts';
import type { JsonSchema } from '../../src/options/value-kinds.ts';
import { readRunConfig, runConfigOf } from '../../src/run/run-record.ts';

const ajv = new Ajv({ strict: true, strictTypes: false });
const validate = ajv.compile(configSchema());

/** Where the schema takes more than the program: a parser, or the order of what stands in a text, decides there. */
const wider: Readonly<Partial<Record<OptionKey, unknown>>> = {
  without: '7,5',
  augment: 'rotate=999',
  normalize: '9,9',
  pushgateway: 'http://:9',
  metricsHost: '1::2::3',
  allowHost: ['1::2::3'],
  allowOrigin: ['https://UPPER'],
};

/** As `lockstep train` does; of an address to listen at, its form is looked at apart. */
function accepts(key: OptionKey, value: unknown): boolean {
  const accepted = optionTable[key].kind.accepts(value);
  return key === 'listen' && typeof value === 'string' ? accepted && hostAndPort(value) !== null : accepted;
}

/** Values at and about the limits that a schema names. */
function near(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { anyOf, enum: words, const: word, items, pattern } = schema as { [keyword: string]: never };
  if (anyOf !== undefined) return fc.oneof(...(anyOf as JsonSchema[]).map(near));
  if (words !== undefined) return fc.constantFrom(...(words as unknown[]));
  if (word !== undefined) return fc.constant(word);
  if (items !== undefined) {
    const [least, most] = [schema['minItems'] ?? 0, schema['maxItems'] ?? 4].map(Number);
    return fc.oneof(
      fc.tuple(near(items)),
      fc.array(fitting(items), { minLength: least!, maxLength: most! }),
      fc.array(near(items), { maxLength: 10 }),
      near(items),
      fc.array(fc.jsonValue(), { maxLength: 3 }),
    );
  }
  if (pattern !== undefined) return textNear(pattern);
  const limits = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].flatMap((name) => {
    const limit = schema[name];
    return typeof limit === 'number' ? [limit - 1, limit, limit + 1, limit + 0.5, limit * (1 - 1e-12)] : [];
  });
  if (limits.length > 0) {
    const all = Number(schema['maximum'] ?? schema['exclusiveMaximum']);
    return fc.oneof(fc.constantFrom(...limits), fc.double({ min: 0, max: all }), fc.integer(), fitting(schema));
  }
  return schema['type'] === 'boolean' ? fc.boolean() : fc.jsonValue();
}

/** Numbers within what the schema says, in a list of which else one that does not fit would be met nearly always. */
function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { minimum = 0, maximum = schema['exclusiveMaximum'] } = schema as { [keyword: string]: unknown };
  if (typeof maximum !== 'number') return near(schema);
  return fc.integer({ min: Math.ceil(Number(minimum)), max: Math.floor(maximum) });
}

/** What the pattern takes, and that with a character more or less. */
function textNear(pattern: string): fc.Arbitrary<string> {
  const fitting = fc.stringMatching(new RegExp(pattern), { size: 'small' });
  const other = fc.tuple(fitting, fc.nat(), fc.constantFrom(...'?#@:/[] ,-0a%.\0', '')).map(([text, at, more]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + more + text.slice(place + (more === '' ? 1 : 0));
  });
  return fc.oneof(fitting, other);
}

/** As somebody writes a number list, an address or a list, who knows them. */
const written = fc.constantFrom<unknown>(
  ...['5,17,100-120', '0', '1-3,5', '127.0.0.1:7070', '[::1]:0', 'http://u:p@host:9091/a', 'https://example.org'],
  ...['::1', 'host.example', 'null', 'last', 'best', 'off', '0123456789abcdef', ''],
  ...[['a', 'b'], ['::1', 'host'], ['https://a.example:8', 'null'], [], [''], null, true, false, 0, -0, 1, 1e21],
);

describe.each(optionKeys)('%s', (key) => {
  const { kind } = optionTable[key];

  test('takes what the program takes, and nothing else', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: near(kind.schema) }, written, fc.jsonValue()), (value) => {
        const accepted = accepts(key, value);
        if (accepted) taken++;
        if (accepted || !(key in wider)) expect(validate({ [key]: value }), JSON.stringify(value)).toBe(accepted);
      }),
      { numRuns: 250 },
    );
    // measured: one in eleven at least, so that it is none of them one time in 10^10
    expect(taken).toBeGreaterThan(0);
  });

  test('takes the default, and is wider only where it is said to be', () => {
    expect(validate({ [key]: optionTable[key].default })).toBe(true);
    if (!(key in wider)) return;
    expect([validate({ [key]: wider[key] }), accepts(key, wider[key])]).toEqual([true, false]);
    for (const value of [7, true, {}, 'not so, ever', [7]])
      expect(validate({ [key]: value })).toBe(accepts(key, value));
  });
});

describe('a whole file', () => {
  const facts = { config: configForFile(resolveOptions({}, null)), engine: 'wasm', dataDigest: '0'.repeat(64) };

  test("is a run's config.json, which names the schema", () => {
    const config = runConfigOf(facts, '0.2.0', []) as Record<string, unknown>;
    expect(config['$schema']).toBe('./config.schema.json');
    expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
    expect(readRunConfig(config)).toMatchObject({ facts });
    // one of 0.1.0
    const { $schema: _, ...older } = config;
    expect(readRunConfig(older)).toEqual(readRunConfig(config));
    expect(resolveOptions({}, config)).toEqual(resolveOptions({}, older));
  });

  test('has no key that the program does not know', () => {
    expect(validate({ epochs: 3, batchsize: 4 })).toBe(false);
    expect(() => resolveOptions({ $schema: 'x' }, null)).toThrow('Unknown option "$schema"');
  });
});
