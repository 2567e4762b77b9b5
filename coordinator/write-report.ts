// Makes a run's figures (SVG and PNG) and its report.html, and writes them into its folder.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { configForFile } from '../src/config.ts';
import { classFigures, confusionOf } from '../src/confusion.ts';
import { digestOf } from '../src/digest.ts';
import { ExitCode, LockstepError } from '../src/errors.ts';
import type { Figures } from '../src/events.ts';
import { classChart, confusionChart, curves, throughputChart } from '../src/figures/charts.ts';
import type { Drawing } from '../src/figures/drawing.ts';
import { grid, sampleChart } from '../src/figures/grids.ts';
import { toPng } from '../src/figures/raster.ts';
import { reportPage, type Section } from '../src/figures/report-page.ts';
import { toSvg } from '../src/figures/svg.ts';
import { tilesOf } from '../src/figures/tiles.ts';
import { reasonOf } from './io-reason.ts';
import type { Wiring } from './make-executor.ts';
import { type ReportData, reportData } from './report-data.ts';
import { writeWhole } from './write-whole.ts';

const TILES = 30;
/** Twice the size on the screen: sharp in print. */
const PNG_SCALE = 2;

/** Returns the paths of what was written. `data`: another folder than the run's own, or null. */
export async function writeReport(folder: string, data: string | null, wiring: Wiring): Promise<string[]> {
  const found = await reportData(folder, data, wiring);
  const drawings = drawingsOf(found);
  const files: [string, string | Uint8Array][] = drawings.flatMap((drawing) => [
    [join('figures', `${drawing.name}.svg`), toSvg(drawing, true)],
    [join('figures', `${drawing.name}.png`), toPng(drawing, PNG_SCALE)],
  ]);
  files.push(['report.html', page(found, drawings)]);
  const written: string[] = [];
  for (const [name, content] of files) {
    const path = join(folder, name);
    try {
      await mkdir(join(folder, 'figures'), { recursive: true });
      await writeWhole(path, content);
    } catch (cause) {
      throw new LockstepError({
        what: `${path} cannot be written`,
        why: reasonOf(cause),
        mend: `Make room there, and make the report again: lockstep report ${folder}`,
        exitCode: ExitCode.runFailed,
        cause,
      });
    }
    written.push(path);
  }
  return written;
}

function drawingsOf({ trained, history, summary, data, inference, samples }: ReportData): Drawing[] {
  const classes = trained.model.widths.at(-1)!;
  const confusion = confusionOf(data.test.labels, inference.predictions, classes);
  const { correct, incorrect, surest } = tilesOf(data.test, inference, classes, TILES);
  const common = { imageColumns: data.test.columns, tilesAcross: 10 };
  const values = (key: keyof Figures) => [
    { name: 'Training', role: 'first' as const, values: history.map(({ train }) => train[key]) },
    { name: 'Validation', role: 'second' as const, values: history.map(({ validation }) => validation?.[key] ?? null) },
  ];
  return [
    sampleChart(samples, data.train.columns),
    ...(history.length === 0
      ? []
      : [
          curves([
            { title: 'Loss', percent: false, series: values('loss') },
            { title: 'Accuracy', percent: true, series: values('accuracy') },
          ]),
        ]),
    confusionChart(confusion),
    classChart(classFigures(confusion)),
    grid(correct, { ...common, name: 'correct', title: 'Correct predictions' }),
    grid(incorrect, { ...common, name: 'incorrect', title: 'Incorrect predictions' }),
    grid(surest, { ...common, name: 'surest-mistakes', title: 'Most confident mistakes' }),
    ...(summary === null ? [] : [throughputChart(summary.epochs.map((epoch) => epoch.samplesPerSecond))]),
  ];
}

const texts: Readonly<Record<string, string>> = {
  samples: 'The first training images of each class, and the same images as the first epoch saw them.',
  curves:
    'Training figures are sums over an epoch while the weights change; augmentation makes training the harder task.',
  confusion:
    'Test images: blue are right, orange are wrong; the deeper, the larger the part of the label. Numbers count images.',
  classes: 'Precision: of what was taken for the class, how much is of it. Recall: of the class, how much was found.',
  correct: 'Test images that were recognised, with the confidence in the prediction.',
  incorrect: 'The first test images that were not: the label, what it was taken for, and the confidence in that.',
  'surest-mistakes': 'The mistakes that the network was most sure of.',
  throughput: 'Augmentation included, evaluation not.',
};

function page({ trained, summary, log, data, inference }: ReportData, drawings: readonly Drawing[]): string {
  const { model, options, name } = trained;
  const figures = drawings.map(
    (drawing): Section => ({ title: drawing.title, text: texts[drawing.name] ?? '', figure: toSvg(drawing, false) }),
  );
  const { accuracy, loss } = inference.figures;
  const wrong = data.test.count - Math.round(accuracy * data.test.count);
  const digest = digestOf(model.parameters);
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const flags = ['lockstep', 'train', '--config', `${trained.folder}/config.json`, '--out', `${trained.folder}-again`];
  const sections: Section[] = [
    ...figures,
    { title: 'Workers and what happened to them', ...happened(log) },
    {
      title: 'Configuration',
      rows: Object.entries(configForFile(options)).map(([key, value]) => [key, shown(value)]),
    },
    ...(log === null ? [] : [{ title: 'Environment', rows: environment(log) }]),
    {
      title: 'Digests',
      text: 'SHA-256 of the parameters, and of the whole training state. They do not depend on the number of workers.',
      rows: [['Model', digest], ...(summary === null ? [] : ([['State', summary.stateDigest]] as const))],
    },
    {
      title: 'Do it again',
      text: 'Another number of threads, or other machines, give the same digests.',
      code: [flags.join(' '), `lockstep evaluate ${trained.folder}`, `lockstep report ${trained.folder}`].join('\n'),
    },
  ];
  return reportPage({
    title: `Lockstep: ${name}`,
    subtitle: `A perceptron ${model.widths.join('-')} with ${model.parameters.length.toLocaleString('en-US')} parameters, trained for ${summary?.epochs.length ?? options.epochs} epochs${summary?.bestEpoch ? `, of which it keeps number ${summary.bestEpoch}` : ''}.`,
    highlights: [
      [`${(accuracy * 100).toFixed(2)} %`, 'test accuracy'],
      [loss.toFixed(4), 'test loss'],
      [`${wrong.toLocaleString('en-US')} of ${data.test.count.toLocaleString('en-US')}`, 'mistakes'],
      ...(summary === null
        ? []
        : ([
            [`${summary.seconds.toFixed(1)} s`, 'in all'],
            [Math.round(summary.samplesPerSecond).toLocaleString('en-US'), 'samples a second'],
          ] as const)),
    ],
    sections,
  });
}

function happened(log: RunLog): Pick<Section, 'text' | 'rows'> {
  if (log === null) return { text: 'The run folder has no log.json, so nothing is known of them.' };
  const { threads, nodes } = log.environment;
  const own = threads === 0 ? 'the coordinator itself, inline' : `${threads} thread(s) of this machine`;
  const text = `Computed by ${own}${nodes ? ' and nodes that joined over the network' : ''}.`;
  if (log.events.length === 0) return { text: `${text} Nothing happened to them.` };
  return { text, rows: log.events.map(({ seconds, message }) => [`${seconds.toFixed(1)} s`, message]) };
}

type RunLog = ReportData['log'];

function environment({ started, environment: at }: NonNullable<RunLog>): [string, string][] {
  return [
    ['Started', started],
    ['Program', `lockstep ${at.program}, Node ${at.node}`],
    ['System', at.system],
    ['Processor', `${at.processor}, ${at.cores} cores`],
    ['Memory', `${(at.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
  ];
}
