// A model card: README.md with the front matter that Hugging Face's hub reads, and what its figures mean for people. Only what is
// known of the run stands in it; a license is its owner's to add.

import { normalizationText } from '../model/normalization.ts';
import { markdownText, yamlScalar } from '../text/quoted.ts';
import { classesOf, type Described } from './described.ts';

export interface CardFacts extends Described {
  /** The command that trains it once more, or why none does, as a sentence. */
  readonly again: { readonly command: string } | { readonly why: string };
  /** Of the program that trained it. */
  readonly version: string;
  readonly engine: string;
  /** SHA-256 (hex). */
  readonly dataDigest: string;
  /** SHA-256 (hex) of the weights that it began from; null: it drew its own. */
  readonly initDigest: string | null;
  /** Whether it was trained on the MNIST that comes with the program. */
  readonly isMnist: boolean;
}

export function modelCard(facts: CardFacts): string {
  return `---\n${frontMatter(facts).join('\n')}\n---\n\n${sections(facts).join('\n\n')}\n`;
}

function frontMatter(facts: CardFacts): string[] {
  const { isMnist } = facts;
  return [
    'library_name: pytorch',
    'pipeline_tag: image-classification',
    'tags: [lockstep, pytorch, safetensors, image-classification, reproducible]',
    ...(isMnist ? ['datasets: [ylecun/mnist]'] : []),
    ...modelIndex(facts),
  ];
}

/** Only with figures: the hub refuses an index without results. */
function modelIndex({ name, test, isMnist, dataDigest }: CardFacts): string[] {
  if (test === null) return [];
  const found = [
    { type: 'accuracy', name: 'Test accuracy', value: test.accuracy },
    { type: 'loss', name: 'Test loss (cross-entropy)', value: test.loss },
  ].filter(({ value }) => Number.isFinite(value));
  if (found.length === 0) return [];
  return [
    'model-index:',
    `  - name: ${yamlScalar(name)}`,
    '    results:',
    '      - task:',
    '          type: image-classification',
    '        dataset:',
    `          name: ${isMnist ? 'MNIST' : yamlScalar(`data with SHA-256 ${dataDigest}`)}`,
    `          type: ${isMnist ? 'ylecun/mnist' : 'other'}`,
    '          split: test',
    '        metrics:',
    ...found.flatMap((metric) => [
      `          - type: ${metric.type}`,
      `            name: ${yamlScalar(metric.name)}`,
      `            value: ${metric.value}`,
    ]),
  ];
}

function sections(facts: CardFacts): string[] {
  const { name, model, test, digest } = facts;
  const { rows, columns, widths, form, normalization, layout } = model;
  const ground = form.lightGround ? 'dark on a light ground (255)' : 'light on a black ground (0)';
  return [
    `# ${markdownText(name)}`,
    `A multilayer perceptron that says which of ${widths.at(-1)} classes an image of ${rows}x${columns} grey pixels shows, trained with Lockstep ${markdownText(facts.version)}.`,
    ...(test === null ? [] : figures(test)),
    '## What it takes and gives',
    [
      `- Input: ${rows}x${columns} pixels from 0 to 255, row by row, ${ground}; what they show is ${form.stretched ? 'stretched to' : 'at most'} ${form.box} pixels ${form.stretched ? 'each way' : 'long'}.`,
      `- Normalisation: ${normalizationText(normalization)}`,
      `- Layers: ${widths.join('-')}, ReLU between them, ${layout.parameters} parameters, float32, as \`torch.nn.Linear\` has them (fc1.weight, fc1.bias, ...).`,
      '- Output: one logit for each class; their softmax is the probabilities.',
    ].join('\n'),
    [
      '| Output | Class |',
      '| ---: | --- |',
      ...classesOf(facts).map((one, i) => `| ${i} | ${markdownText(one)} |`),
    ].join('\n'),
    '## The same weights again',
    `The SHA-256 of the weights (float32, little-endian, in the order of the layers) is\n\`${digest}\`.`,
    ...again(facts),
    'It knows the classes above and no others: of a picture of something else it still names one of them. Nothing was measured on other data than its own test set.',
  ];
}

function figures({ accuracy, loss }: NonNullable<Described['test']>): string[] {
  const rows = [
    '| On the test set | |',
    '| --- | ---: |',
    `| accuracy | ${(100 * accuracy).toFixed(2)} % |`,
    `| loss | ${loss.toFixed(4)} |`,
  ];
  return [
    rows.join('\n'),
    'The test images took no part in training. Accuracy is the part of them whose largest probability is that of their class; loss is the mean cross-entropy, in nats.',
  ];
}

function again({ again, engine, dataDigest, initDigest, isMnist }: CardFacts): string[] {
  const data = `The SHA-256 of the data is \`${dataDigest}\`${isMnist ? ', the MNIST that Lockstep brings' : ''}.`;
  const init = initDigest === null ? '' : ` It began from weights with the SHA-256 \`${initDigest}\`.`;
  if ('why' in again) return [`${again.why} ${data}${init}`];
  const where =
    engine === 'wasm'
      ? 'The same bits come of it on any number of threads and machines'
      : 'The same bits come of it on like machines';
  return [`\`\`\`sh\n${again.command}\n\`\`\``, `${where}; of others it says so, by exit code 3. ${data}${init}`];
}
