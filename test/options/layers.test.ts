// Which layer has the word, against a slow and obvious twin.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolveLayers } from '../../src/options/config.ts';
import type { Layer, LayerOrigin } from '../../src/options/layers.ts';
import { optionTable } from '../../src/options/option-table.ts';
import { presets } from '../../src/options/presets.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';

const origins: readonly LayerOrigin[] = ['run', 'file', 'environment', 'flag'];
type Some = Partial<Pick<TrainOptions, 'epochs' | 'batchSize' | 'lr' | 'seed' | 'preset'>>;
const some: fc.Arbitrary<Some> = fc.record(
  {
    epochs: fc.integer({ min: 1, max: 9 }),
    batchSize: fc.constantFrom(16, 32, 48),
    lr: fc.constantFrom(0.1, 0.2),
    seed: fc.nat(9),
    preset: fc.constantFrom('reference' as const, 'best' as const),
  },
  { requiredKeys: [] },
);

/** Asks one place after the other. */
function slowly(key: keyof Some, [run, file, environment, flag]: readonly Some[]): readonly [unknown, unknown] {
  if (flag![key] !== undefined) return [flag![key], 'flag'];
  if (environment![key] !== undefined) return [environment![key], 'environment'];
  const named = flag!.preset ?? environment!.preset;
  const of = flag!.preset === undefined ? 'environment' : 'flag';
  if (named !== undefined && key in presets[named]) return [presets[named][key], { preset: named, named: of }];
  for (const [layer, origin] of [
    [file!, 'file'],
    [run!, 'run'],
  ] as const) {
    if (layer[key] !== undefined) return [layer[key], origin];
    const preset = layer.preset === undefined ? {} : presets[layer.preset];
    if (key in preset) return [preset[key], { preset: layer.preset, named: origin }];
  }
  return [optionTable[key].default, 'default'];
}

it('flag before environment before file before run before default, and presets under those that name them', () => {
  fc.assert(
    fc.property(fc.tuple(some, some, some, some), (values) => {
      const layers: Layer[] = values.map((layer, i) => ({ origin: origins[i]!, values: layer }));
      const { options, sources } = resolveLayers(layers);
      for (const key of ['epochs', 'batchSize', 'lr', 'seed', 'preset'] as const) {
        expect([options[key], sources[key]]).toEqual(slowly(key, values));
      }
    }),
    { numRuns: 500 },
  );
});

it('a layer that is overruled is checked as well', () => {
  const layers: Layer[] = [
    { origin: 'file', values: { epochs: 0 } },
    { origin: 'flag', values: { epochs: 3 } },
  ];
  expect(() => resolveLayers(layers)).toThrow('"epochs" in the configuration file cannot be 0');
});
