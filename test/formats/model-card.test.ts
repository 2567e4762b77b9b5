// The front matter of a model card by a YAML parser, and what stands in it only where it is known.

import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { mnistForm } from '../../src/data/picture-form.ts';
import { type CardFacts, modelCard } from '../../src/formats/model-card.ts';
import { layoutOf } from '../../src/model/layout.ts';

const layout = layoutOf([784, 3]);
const facts: CardFacts = {
  model: {
    widths: [784, 3],
    rows: 28,
    columns: 28,
    form: mnistForm(28, 28),
    normalization: { mean: 0.5, std: 0.5 },
    layout,
    parameters: new Float32Array(layout.parameters),
  },
  classNames: null,
  name: 'first',
  digest: 'd1'.repeat(32),
  test: { accuracy: 0.9508, loss: 0.174 },
  again: { command: 'lockstep train --expect-digest d1' },
  version: '0.1.0',
  engine: 'wasm',
  dataDigest: 'da'.repeat(32),
  initDigest: null,
  isMnist: true,
};

function frontOf(card: string): Record<string, unknown> {
  const [, front] = /^---\n(.*?)\n---\n/s.exec(card)!;
  return parse(front!);
}

test('has the figures of the run in the form of the hub', () => {
  const card = modelCard(facts);
  expect(frontOf(card)).toEqual({
    library_name: 'pytorch',
    pipeline_tag: 'image-classification',
    tags: ['lockstep', 'pytorch', 'safetensors', 'image-classification', 'reproducible'],
    datasets: ['ylecun/mnist'],
    'model-index': [
      {
        name: 'first',
        results: [
          {
            task: { type: 'image-classification' },
            dataset: { name: 'MNIST', type: 'ylecun/mnist', split: 'test' },
            metrics: [
              { type: 'accuracy', name: 'Test accuracy', value: 0.9508 },
              { type: 'loss', name: 'Test loss (cross-entropy)', value: 0.174 },
            ],
          },
        ],
      },
    ],
  });
  expect(card).toContain('| accuracy | 95.08 % |');
  expect(card).toContain('```sh\nlockstep train --expect-digest d1\n```');
});

test('claims no data set, no figure and no command that it does not know', () => {
  const why = 'This is the state of the run after 40 steps, and not what it ended with.';
  const card = modelCard({ ...facts, isMnist: false, test: null, again: { why } });
  expect(Object.keys(frontOf(card))).toEqual(['library_name', 'pipeline_tag', 'tags']);
  expect(card).toContain(why);
  expect(card).not.toMatch(/MNIST|accuracy|lockstep train/i);
});

test('leaves out a loss that is no number', () => {
  const front = frontOf(modelCard({ ...facts, test: { accuracy: 0.1, loss: Number.NaN } }));
  expect(JSON.stringify(front)).not.toContain('"loss"');
});

test('keeps names of classes and of the run in their places', () => {
  const names = ['---\nlicense: mit', '|</td>| <script>x</script>', '`code` [a](javascript:x)'];
  const card = modelCard({ ...facts, name: '"\n---\ntags: [x]', classNames: names });
  expect(frontOf(card)).toMatchObject({ 'model-index': [{ name: '"\n---\ntags: [x]' }], tags: { length: 5 } });
  expect(card.match(/^---$/gm)).toHaveLength(2);
  expect(card).not.toContain('<script>');
  expect(card.split('\n').filter((line) => /^\| [012] \| /.test(line))).toHaveLength(3);
});
