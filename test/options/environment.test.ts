import { describe, expect, it, test } from 'vitest';
import { readEnvironment, variableName } from '../../src/options/environment.ts';
import type { Flag } from '../../src/options/flags.ts';
import { optionKeys, optionTable } from '../../src/options/option-table.ts';
import { integer, type Kind, oneOf, orNull } from '../../src/options/value-kinds.ts';
import { workerFlags } from '../../src/options/worker-flags.ts';
import { refusal } from '../support/refusal.ts';

const read = (env: Record<string, string>) => readEnvironment(optionTable, env);

test('a variable has the name of its flag', () => {
  expect([variableName('batchSize'), variableName('valSize'), variableName('lr')]).toEqual([
    'LOCKSTEP_BATCH_SIZE',
    'LOCKSTEP_VAL_SIZE',
    'LOCKSTEP_LR',
  ]);
  for (const [key, { flag }] of Object.entries<Flag<unknown>>({ ...optionTable, ...workerFlags })) {
    const bare = flag.split(' ')[0]!.replace(/^--(no-)?/, '');
    expect(variableName(key)).toBe(`LOCKSTEP_${bare.replaceAll('-', '_').toUpperCase()}`);
  }
});

describe('what is set', () => {
  it('is read as the text of the flag is', () => {
    const { values, remarks } = read({
      LOCKSTEP_BATCH_SIZE: '256',
      LOCKSTEP_HIDDEN: '256,128',
      LOCKSTEP_WITHOUT: '17,5',
      LOCKSTEP_METRICS_PORT: 'off',
      LOCKSTEP_ALLOW_CHANGE: 'lr,seed',
      HOME: '/root',
    });
    expect(remarks).toEqual([]);
    expect(values).toEqual({
      batchSize: 256,
      hidden: [256, 128],
      without: '5,17',
      metricsPort: 'off',
      allowChange: ['lr', 'seed'],
    });
  });

  it.each([
    ['1', true],
    ['TRUE', true],
    ['yes', true],
    ['on', true],
    ['0', false],
    ['False', false],
    ['no', false],
    ['off', false],
  ])('%s of a flag without a value is %s', (text, value) => {
    expect(read({ LOCKSTEP_REPORT: text, LOCKSTEP_QUIET: text }).values).toEqual({ report: value, quiet: value });
  });

  it('is no, where a flag with a value takes no as well', () => {
    const [augment, words] = [oneOf('rotate=10'), orNull(integer(1, 9))];
    const either: Kind<unknown> = { ...augment, accepts: (value) => augment.accepts(value) || value === false };
    const row = { default: true, help: '' };
    const rows = {
      augment: { ...row, flag: '--augment <how>', kind: either },
      lr: { ...row, flag: '--lr <n>', kind: words },
    };
    const of = (text: string) => readEnvironment(rows, { LOCKSTEP_AUGMENT: text }).values;
    expect([of('rotate=10'), of('0'), of('no')]).toEqual([
      { augment: 'rotate=10' },
      { augment: false },
      { augment: false },
    ]);
    // and 1 is a number where one can stand
    expect(readEnvironment(rows, { LOCKSTEP_LR: '1' }).values).toEqual({ lr: 1 });
  });

  it('is nothing when it is empty', () => {
    const env = Object.fromEntries(optionKeys.map((key) => [variableName(key), '']));
    expect(read({ ...env, LOCKSTEP_NO_SUCH: '' })).toEqual({ values: {}, remarks: [] });
  });

  it.each([
    ['LOCKSTEP_BATCH_SIZE', '12.5', 'LOCKSTEP_BATCH_SIZE cannot be 12.5', 'it must be an integer from 1 to 65536'],
    ['LOCKSTEP_QUIET', 'maybe', 'LOCKSTEP_QUIET cannot be maybe', 'it must be 1, true, yes or on, or else 0'],
    ['LOCKSTEP_ENGINE', 'gpu', 'LOCKSTEP_ENGINE cannot be gpu', 'it must be wasm or tfjs-node'],
    ['LOCKSTEP_PUSHGATEWAY', 'ftp://u:secret@h', 'LOCKSTEP_PUSHGATEWAY cannot be ftp://***@h', 'it must be http://'],
  ])('%s=%s is refused by name', async (name, text, what, why) => {
    const error = await refusal(() => read({ [name]: text }));
    expect(error).toMatchObject({ code: 'ERR_LOCKSTEP_BAD_OPTION', exitCode: 2, what: `The variable ${what}` });
    expect(error.why).toContain(why);
    expect(error.mend).toContain(`env -u ${name} `);
  });
});

describe('what nobody knows is named and passed over', () => {
  it.each([
    ['LOCKSTEP_BATCHSIZE', 'Did you mean LOCKSTEP_BATCH_SIZE?'],
    ['LOCKSTEP_EPOCH', 'Did you mean LOCKSTEP_EPOCHS?'],
    ['LOCKSTEP_NO_REPORT', 'Did you mean LOCKSTEP_REPORT=0?'],
    ['LOCKSTEP_ZZZZZZZZZZZZ', 'lockstep train --help says how they are named'],
  ])('%s', (name, mend) => {
    const { values, remarks } = read({ [name]: 'a secret' });
    expect(values).toEqual({});
    expect(remarks).toEqual([`Warning: the variable ${name} is passed over: no flag has that name. ${mend}`]);
  });

  it('in a few lines, however many they are', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`LOCKSTEP_Q${i}`, '1']));
    expect(read(many).remarks).toHaveLength(6);
    expect(read(many).remarks.at(-1)).toBe('Warning: 35 more of that kind');
  });

  it('but those of the other commands, of the token, of services and of tests are known', () => {
    const names = ['CONNECT', 'KEEP_ALIVE', 'CONFIG', 'TOKEN', 'COORDINATOR', 'OPTIONS', 'LIVES', 'ONNXRUNTIME'];
    expect(read(Object.fromEntries(names.map((name) => [`LOCKSTEP_${name}`, 'x'])))).toEqual({
      values: {},
      remarks: [],
    });
  });
});

describe("Kubernetes' links to Services", () => {
  const linksTo = (service: string, port: number) => ({
    [`${service}_SERVICE_HOST`]: '10.96.0.12',
    [`${service}_SERVICE_PORT`]: String(port),
    [`${service}_SERVICE_PORT_HTTP`]: String(port),
    [`${service}_PORT`]: `tcp://10.96.0.12:${port}`,
    [`${service}_PORT_${port}_TCP`]: `tcp://10.96.0.12:${port}`,
    [`${service}_PORT_${port}_TCP_PROTO`]: 'tcp',
    [`${service}_PORT_${port}_TCP_PORT`]: String(port),
    [`${service}_PORT_${port}_TCP_ADDR`]: '10.96.0.12',
  });

  it.each(['LOCKSTEP', 'LOCKSTEP_COORDINATOR', 'LOCKSTEP_DATA'])('to %s are passed over in silence', (service) => {
    expect(read(linksTo(service, 7070))).toEqual({ values: {}, remarks: [] });
  });

  it('to lockstep-metrics are in one line, since one has the name of a flag', () => {
    const { values, remarks } = read({ ...linksTo('LOCKSTEP_METRICS', 9464), LOCKSTEP_METRICS_HOST: '0.0.0.0' });
    expect(values).toEqual({ metricsHost: '0.0.0.0' });
    expect(remarks).toEqual([
      'LOCKSTEP_METRICS_PORT is passed over: it is what Kubernetes says of a Service (enableServiceLinks)',
    ]);
  });
});
