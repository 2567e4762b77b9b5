import { describe, expect, it } from 'vitest';
import { eventJson, leftOutJson } from '../../src/run/event-json.ts';

describe('a line of JSON', () => {
  it('has the version first, and words for figures that are not finite', () => {
    const figures = { loss: Number.NaN, accuracy: Number.NEGATIVE_INFINITY };
    expect(eventJson({ type: 'test', figures })).toBe(
      '{"v":1,"type":"test","figures":{"loss":"NaN","accuracy":"-Infinity"}}',
    );
  });

  it('is one line with nothing in it that cannot be seen, whatever is said', () => {
    const message = 'a\nb\u2028c\u202ed\x1b[31m';
    const line = eventJson({ type: 'warning', message });
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(line)).toEqual({ v: 1, type: 'warning', message });
  });

  it('counts events that nobody read', () => {
    expect(leftOutJson(12)).toBe('{"v":1,"type":"leftOut","events":12}');
  });
});
