// The command of a model card, read back as the command line reads it, is the run's configuration.

import { expect, test } from 'vitest';
import { configForFile, resolveOptions } from '../../src/options/config.ts';
import { optionKeys, optionTable } from '../../src/options/option-table.ts';
import { trainCommand } from '../../src/options/train-command.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';

const digest = 'ab'.repeat(32);

function readBack(command: string): Record<string, unknown> {
  const [program, train, ...words] = command.split(' ');
  expect([program, train]).toEqual(['lockstep', 'train']);
  const given: Record<string, unknown> = {};
  while (words.length > 0) {
    const word = words.shift()!;
    const key = optionKeys.find((one) => optionTable[one].flag.split(' ')[0] === word);
    if (key !== undefined && optionTable[key].flag.includes('<'))
      given[key] = optionTable[key].kind.fromText(words.shift()!);
    else if (key !== undefined) given[key] = true;
    else given[word.replace('--no-', '')] = false;
  }
  return given;
}

test.each<Partial<TrainOptions>>([
  {},
  { epochs: 3, hidden: [256, 64], lr: 1e-4, batchSize: 64, seed: 7 },
  { augment: false, augmentValidation: true, schedule: 'cosine', select: 'best', warmup: 0.1 },
  { testSize: 20, imageSize: [28, 20], pixelMax: 16, label: 'digit', firstLabel: 1, grey: true, transpose: true },
  { without: '5,17,100-120', maxSteps: 10, normalize: '0.1307,0.3081', augment: 'rotate=5,crop=1' },
])('%j', (options) => {
  const config = configForFile(resolveOptions({}, options));
  const given = readBack(trainCommand(config, digest));
  expect(given['expectDigest']).toBe(digest);
  expect(configForFile(resolveOptions(given, {}))).toEqual(config);
});

test('says nothing of where things lay, and of what shows in no bit', () => {
  const config = configForFile(resolveOptions({}, { data: '/home/me/secret', threads: 3, checkpointEvery: 5 }));
  expect(trainCommand(config, digest)).toBe(`lockstep train --data DATA --expect-digest ${digest}`);
});
