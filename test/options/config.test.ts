import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAgainstData, configForFile, resolveOptions, resolveThreads } from '../../src/options/config.ts';
import { flagName, type optionKeys, optionTable } from '../../src/options/option-table.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { refusal } from '../support/refusal.ts';

const defaults = resolveOptions({}, null);

describe('resolveOptions', () => {
  it('has the defaults of the report', () => {
    expect(defaults).toEqual({
      epochs: 5,
      batchSize: 128,
      shards: 8,
      threads: null,
      engine: 'wasm',
      wide: false,
      lr: 0.001,
      preset: 'reference',
      schedule: 'constant',
      warmup: null,
      weightDecay: 0,
      patience: null,
      select: 'last',
      seed: 42,
      init: null,
      hidden: [128, 64],
      valSize: 5000,
      augment: true,
      augmentValidation: false,
      normalize: '0.5,0.5',
      maxSteps: null,
      limitTrain: null,
      without: null,
      data: null,
      transpose: false,
      label: null,
      firstLabel: null,
      pixelMax: null,
      grey: false,
      imageSize: null,
      testSize: null,
      listen: null,
      tokenFile: null,
      minWorkers: 1,
      joinTimeout: null,
      heartbeatTimeout: 10,
      audit: 0,
      tlsCert: null,
      tlsKey: null,
      allowOrigin: [],
      allowHost: [],
      insecure: false,
      launcher: 'none',
      rendezvous: null,
      retryFor: null,
      metricsPort: null,
      metricsHost: '127.0.0.1',
      metricsLinger: null,
      pushgateway: null,
      out: null,
      checkpointEvery: 'epoch',
      keepLast: 3,
      checkpointErrors: 'warn',
      resume: null,
      from: 'last',
      autoResume: false,
      allowChange: [],
      report: true,
      tensorboard: true,
      expectDigest: null,
      json: false,
      jsonEvents: false,
      quiet: false,
      verbose: false,
    });
  });

  it('takes the flag before the file before the default', () => {
    const options = resolveOptions(
      { epochs: 2, augment: undefined, maxSteps: null },
      { epochs: 3, augment: false, maxSteps: 9 },
    );
    expect(options).toEqual({ ...defaults, epochs: 2, augment: false });
  });

  it.each([
    ['epochs', 0, 'an integer from 1 to 100000'],
    ['epochs', 1.5, 'an integer'],
    ['epochs', '3', 'an integer'],
    ['epochs', Number.NaN, 'an integer'],
    ['epochs', Number.POSITIVE_INFINITY, 'an integer'],
    ['epochs', null, 'an integer'],
    ['batchSize', 0, 'an integer from 1 to 65536'],
    ['batchSize', -128, 'an integer'],
    ['shards', 6, 'a power of two from 1 to 1024'],
    ['shards', 0, 'a power of two'],
    ['shards', 2048, 'a power of two'],
    ['shards', 2 ** 32 + 1, 'a power of two'],
    ['threads', -1, 'an integer from 0 to 64'],
    ['threads', 65, 'an integer'],
    ['engine', 'tfjs', 'wasm or tfjs-node'],
    ['engine', null, 'wasm or tfjs-node'],
    ['lr', 0, 'a number above 0 and at most 10'],
    ['lr', -0.1, 'a number'],
    ['lr', Number.NaN, 'a number'],
    ['lr', 10.5, 'a number'],
    ['lr', '0.1', 'a number'],
    ['seed', -1, 'an integer from 0 to 9007199254740991'],
    ['seed', 2 ** 53, 'an integer'],
    ['hidden', [], 'a list of 1 to 8 integers from 1 to 4096'],
    ['hidden', [64, 0], 'a list'],
    ['hidden', [4097], 'a list'],
    ['hidden', [1, 2, 3, 4, 5, 6, 7, 8, 9], 'a list'],
    ['hidden', ['64'], 'a list'],
    ['hidden', 64, 'a list'],
    ['valSize', -1, 'an integer from 0'],
    ['augment', 'yes', 'none, or rotate=DEGREES,crop=PIXELS'],
    ['augment', 'rotate=181', 'none, or rotate=DEGREES,crop=PIXELS'],
    ['augment', 'crop=1.5', 'whole pixels'],
    ['augment', 'crop=65', '0 to 64 whole pixels'],
    ['augment', 'rotate=10,rotate=20', 'none, or rotate='],
    ['normalize', '0.5', 'dataset, or MEAN,STD'],
    ['normalize', '0.5,0', 'a deviation from 0.001'],
    ['normalize', '33,78', 'pixels from 0 to 1'],
    ['init', '', 'the path'],
    ['augmentValidation', 1, 'true or false'],
    ['maxSteps', 0, 'an integer from 1'],
    ['limitTrain', 0, 'an integer from 1'],
    ['data', '', 'the path'],
    ['out', 7, 'the path'],
    ['checkpointEvery', 0, '"epoch" or an integer from 1'],
    ['checkpointEvery', 'step', '"epoch" or an integer'],
    ['keepLast', 0, 'an integer from 1'],
    ['checkpointErrors', 'ignore', 'warn or stop'],
    ['resume', '', 'the path'],
    ['allowChange', 'lr', 'a list of names'],
    ['allowChange', [''], 'a list of names'],
    ['json', null, 'true or false'],
  ] as const)('refuses %s: %s', async (key, value, allowed) => {
    const option = await refusal(() => resolveOptions({ [key]: value }, null));
    const flag = await refusal(() => resolveOptions({ [key]: value }, null, 'flag'));
    const file = await refusal(() => resolveOptions({}, { [key]: value }));
    expect(option.what).toContain(`The option "${key}"`);
    expect(flag.what).toContain(flagName(key));
    expect(file.what).toContain(`"${key}" in the configuration file`);
    for (const error of [option, flag, file]) {
      expect(error.why).toContain(allowed);
      expect(error.exitCode).toBe(2);
    }
  });

  it('shows the value that it refuses', async () => {
    expect((await refusal(() => resolveOptions({ lr: Number.NaN }, null, 'flag'))).what).toBe('--lr cannot be NaN');
    expect((await refusal(() => resolveOptions({ data: '' }, null, 'flag'))).what).toBe('--data cannot be empty');
    expect((await refusal(() => resolveOptions({ hidden: [0] }, null, 'flag'))).what).toBe('--hidden cannot be 0');
  });

  it('checks the file also where a flag overrules it', async () => {
    await refusal(() => resolveOptions({ epochs: 1 }, { epochs: 0 }));
  });

  it.each([
    ['batchsize', 'batchSize'],
    ['batch-size', 'batchSize'],
    ['epoch', 'epochs'],
    ['noAugment', 'augment'],
    ['limittrain', 'limitTrain'],
  ])('refuses the unknown key %s and names %s', async (wrong, nearest) => {
    expect((await refusal(() => resolveOptions({}, { [wrong]: 1 }))).mend).toBe(`Did you mean ${nearest}?`);
    expect((await refusal(() => resolveOptions({ [wrong]: 1 }, null))).mend).toBe(`Did you mean ${nearest}?`);
  });

  it('refuses names that every object has, and lists the keys where none is near', async () => {
    await refusal(() => resolveOptions({}, JSON.parse('{"__proto__": 1}')));
    await refusal(() => resolveOptions({}, { constructor: 1 }));
    expect((await refusal(() => resolveOptions({}, { qqq: 1 }))).mend).toContain('Known are: epochs, batchSize');
  });

  it('refuses a batch that has fewer samples than shards', async () => {
    const error = await refusal(() => resolveOptions({ batchSize: 7 }, null));
    expect(error.what).toBe('--batch-size 7 is below --shards 8');
    expect(resolveOptions({ batchSize: 8 }, null).batchSize).toBe(8);
    await refusal(() => resolveOptions({}, { shards: 256 }));
  });
});

describe('the text of a flag', () => {
  const read = (key: (typeof optionKeys)[number], text: string) => optionTable[key].kind.fromText(text);

  it('is read as a decimal number, or kept for the message', () => {
    expect(read('epochs', '12')).toBe(12);
    expect(read('lr', '1e-3')).toBe(0.001);
    expect(read('lr', '.5')).toBe(0.5);
    expect(read('threads', '-1')).toBe(-1);
    for (const text of ['', ' ', '0x10', '1_000', 'NaN', 'Infinity', '1,5', '5 '])
      expect(read('epochs', text)).toBe(text);
  });

  it('is read as a list of widths, or kept', () => {
    expect(read('hidden', '128,64')).toEqual([128, 64]);
    expect(read('hidden', '32')).toEqual([32]);
    for (const text of ['', '128,', '128;64', 'a,b']) expect(read('hidden', text)).toBe(text);
  });
});

describe('configForFile', () => {
  it('keeps what shapes the run, in a fixed order, and is accepted as a configuration file', () => {
    const widths = fc.array(fc.integer({ min: 1, max: 4096 }), { minLength: 1, maxLength: 8 });
    const given = fc.record(
      {
        epochs: fc.integer({ min: 1, max: 100 }),
        lr: fc.constantFrom(0.1, 1e-5),
        hidden: widths,
        augment: fc.oneof(fc.boolean(), fc.constantFrom('none', 'rotate=25', 'crop=4,rotate=7.5')),
        normalize: fc.constantFrom('dataset', '0.1307,0.3081', '0.50,0.5', 'dataset:0.13,0.31'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(given, (values) => {
        const options = resolveOptions(values, null);
        const config = JSON.parse(JSON.stringify(configForFile(options)));
        expect(Object.keys(config)).toEqual(Object.keys(configForFile(defaults)));
        expect(resolveOptions({}, config)).toEqual(options);
      }),
    );
  });

  it('leaves out how and where the run is shown', () => {
    const config = configForFile(resolveOptions({ out: 'x', json: true, quiet: true, verbose: true }, null));
    for (const shown of [
      'out',
      'resume',
      'allowChange',
      'json',
      'jsonEvents',
      'quiet',
      'verbose',
      'listen',
      'tokenFile',
      'minWorkers',
    ]) {
      expect(Object.keys(config)).not.toContain(shown);
    }
    expect(Object.keys(config)).toEqual(expect.arrayContaining(['epochs', 'shards', 'threads', 'seed', 'data']));
  });
});

it.each([
  [{ listen: 'nonsense' }, '--listen nonsense is no address'],
  [{ listen: '127.0.0.1:70000' }, '--listen 127.0.0.1:70000 is no address'],
  [{ listen: '127.0.0.1:0', tlsCert: 'a' }, '--tls-key is missing'],
  [{ listen: '127.0.0.1:0', tlsKey: 'a' }, '--tls-cert is missing'],
  [{ audit: 0.1 }, '--audit 0.1 needs --listen'],
  [{ listen: '127.0.0.1:0', audit: 1.5 }, 'The option "audit" cannot be 1.5'],
  [{ listen: '127.0.0.1:0', audit: -0.1 }, 'The option "audit" cannot be -0.1'],
  [{ listen: '127.0.0.1:0', audit: 0.1, engine: 'tfjs-node' }, '--audit does not go with --engine tfjs-node'],
])('%j is refused before anything is made', async (options, what) => {
  expect(await refusal(() => resolveOptions(options, null))).toMatchObject({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    exitCode: 2,
    what,
  });
});

describe('resolveThreads', () => {
  it('is what was asked for, or the smaller of cores and shards', () => {
    expect(resolveThreads(defaults, 4)).toBe(4);
    expect(resolveThreads(defaults, 64)).toBe(8);
    expect(resolveThreads({ ...defaults, threads: 12 }, 2)).toBe(12);
    expect(resolveThreads({ ...defaults, threads: 0 }, 2)).toBe(0);
  });
});

describe('checkAgainstData', () => {
  it('accepts a batch larger than the training split', () => {
    checkAgainstData({ ...defaults, valSize: 90, batchSize: 128 }, 100);
    checkAgainstData({ ...defaults, valSize: 0, limitTrain: 100 }, 100);
  });

  it.each([
    [{ valSize: 100 }, /--val-size 100 leaves nothing .* 100 training images/],
    [{ valSize: 90, limitTrain: 11 }, /--limit-train 11 .* has 10 samples: 100 images less 90/],
    [{ valSize: 0, epochs: 100_000, batchSize: 1, maxSteps: null, trainCount: 60_000 }, /6000000000 steps/],
  ])('refuses %j', async ({
    trainCount = 100,
    ...change
  }: Partial<TrainOptions> & { trainCount?: number }, message) => {
    const error = await refusal(() => checkAgainstData({ ...defaults, ...change }, trainCount));
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
  });

  it('accepts more steps than can be counted where --max-steps ends them', () => {
    checkAgainstData({ ...defaults, epochs: 100_000, batchSize: 1, maxSteps: 5 }, 60_000);
  });
});
