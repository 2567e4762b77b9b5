// Makes a run's figures (SVG and PNG) and its report.html, and writes them into its folder; where there are event files for
// TensorBoard, into one of those as well.

import { join } from 'node:path';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { classChart, curves, throughputChart } from '../../src/figures/charts.ts';
import { type Confusion, classFigures, confusionOf } from '../../src/figures/confusion.ts';
import { confusionChart } from '../../src/figures/confusion-chart.ts';
import type { Drawing } from '../../src/figures/drawing.ts';
import { grid, sampleChart } from '../../src/figures/grids.ts';
import { Rasteriser } from '../../src/figures/raster.ts';
import { reportPage, type Section } from '../../src/figures/report-page.ts';
import { type Svg, toSvg } from '../../src/figures/svg.ts';
import { tilesOf } from '../../src/figures/tiles.ts';
import { ioReason, writeCodeOf } from '../../src/host/files/io-reason.ts';
import { unbroken } from '../../src/host/process/unbroken.ts';
import { configForFile } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { digestOf } from '../../src/run/digest.ts';
import type { Means } from '../../src/sums.ts';
import type { ClassNames } from '../../src/text/class-label.ts';
import { counted } from '../../src/text/counted.ts';
import { grouped } from '../../src/text/grouped.ts';
import { shellWord } from '../../src/text/shell-command.ts';
import { bareValue } from '../../src/text/shown-value.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { JustTrained } from '../evaluation/evaluation-set.ts';
import { FIGURES_FOLDER } from '../run-folder/folder-names.ts';
import { MadeFolders } from '../run-folder/made-folders.ts';
import type { TrainedModel } from '../run-folder/trained-model.ts';
import { writeWhole } from '../run-folder/write-whole.ts';
import { writeBoardImages } from './board-images.ts';
import { type OtherData, type ReportData, reportData } from './report-data.ts';
import { whatHappened, whereItRan } from './run-story.ts';

const TILES = 30;
/** Twice the size on the screen: sharp in print. */
const PNG_SCALE = 2;

/**
 * Returns the paths of what was written. `other`: data other than the run's own, or null; `known`: what is in memory
 * already, of a run that this process has just trained.
 */
export async function writeReport(
  folder: string,
  other: OtherData | null,
  wiring: Wiring,
  known: JustTrained | null = null,
): Promise<string[]> {
  const found = await reportData(folder, other, wiring, known);
  const rasteriser = new Rasteriser();
  const figures = drawingsOf(found).map(
    (drawing): Figure => ({
      drawing,
      svg: toSvg(drawing),
      png: rasteriser.toPng(drawing, PNG_SCALE),
    }),
  );
  const files = figures.flatMap(({ drawing: { name }, svg, png }): FileToWrite[] => [
    { path: join(folder, FIGURES_FOLDER, `${name}.svg`), content: svg.file },
    { path: join(folder, FIGURES_FOLDER, `${name}.png`), content: png },
  ]);
  const html = page(found, figures);
  const pngs = figures.map(({ drawing: { name }, png }) => ({ name, png }));
  const steps = found.history.at(-1)?.steps ?? 0;
  return await unbroken(async () => [
    ...(await writeAll(folder, files, html)),
    ...(await writeBoardImages(folder, steps, pngs, (path, cause) => notWritten(folder, path, cause))),
  ]);
}

interface Figure {
  readonly drawing: Drawing;
  readonly svg: Svg;
  readonly png: Uint8Array;
}

interface FileToWrite {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** report.html is the last: it says that all is there. */
async function writeAll(folder: string, figures: readonly FileToWrite[], html: string): Promise<string[]> {
  const page = { path: join(folder, 'report.html'), content: html };
  await new MadeFolders().make(join(folder, FIGURES_FOLDER)).catch((cause) => {
    throw notWritten(folder, figures[0]!.path, cause);
  });
  const write = async ({ path, content }: FileToWrite) =>
    await writeWhole(path, content).catch((cause) => {
      throw notWritten(folder, path, cause);
    });
  // each waits for the disk: all of them together
  const written = await Promise.allSettled(figures.map(write));
  const failed = written.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  await write(page);
  return [...figures, page].map(({ path }) => path);
}

function notWritten(folder: string, path: string, cause: unknown): LockstepError {
  return new LockstepError({
    code: writeCodeOf(cause),
    what: `${path} cannot be written`,
    why: ioReason(cause),
    mend: `Make room there, and make the report again: lockstep report ${folder}`,
    exitCode: ExitCode.runFailed,
    cause,
  });
}

function drawingsOf({ trained, history, summary, data, inference, samples, samplesEpoch }: ReportData): Drawing[] {
  const classes = trained.model.widths.at(-1)!;
  const names = trained.classNames;
  const confusion = confusionOf(data.test.labels, inference.predictions, classes);
  const { correct, incorrect, surest } = tilesOf(data.test, inference, classes, TILES, names);
  const common = { imageColumns: data.test.columns, tilesAcross: 10 };
  const values = (key: keyof Means) => [
    { name: 'Training', role: 'first' as const, values: history.map(({ train }) => train[key]) },
    { name: 'Validation', role: 'second' as const, values: history.map(({ validation }) => validation?.[key] ?? null) },
  ];
  return [
    sampleChart(samples, data.train.columns, samplesEpoch ?? 0, names),
    ...(history.length === 0
      ? []
      : [
          curves([
            { title: 'Loss', percent: false, series: values('loss') },
            { title: 'Accuracy', percent: true, series: values('accuracy') },
          ]),
        ]),
    confusionChart(confusion, names),
    classChart(classFigures(confusion), names),
    grid(correct, { ...common, name: 'correct', title: 'Correct predictions' }),
    grid(incorrect, { ...common, name: 'incorrect', title: 'Incorrect predictions' }),
    grid(surest, { ...common, name: 'surest-mistakes', title: 'Most confident mistakes' }),
    ...(summary === null ? [] : [throughputChart(summary.epochs.map((epoch) => epoch.samplesPerSecond))]),
  ];
}

const texts = ({ augment }: TrainOptions, seenIn: number | null): Readonly<Record<string, string>> => ({
  samples: !augment
    ? 'The first training images of each class. This run augments nothing.'
    : seenIn === null
      ? 'The first training images of each class.'
      : `The first training images of each class, and the same images as ${seenIn === 0 ? 'the first epoch' : `epoch ${seenIn + 1}`} saw them.`,
  curves: `Training figures are means over an epoch in which the weights change${augment ? '; augmentation makes training the harder task' : ''}.`,
  confusion:
    'Test images: blue are right, orange are wrong; the deeper, the larger the part of the label. Numbers count images.',
  classes: 'Precision: of what was taken for the class, how much is of it. Recall: of the class, how much was found.',
  correct: 'Test images of every class that were recognised: label, prediction, and the confidence in it.',
  incorrect: 'The first test images that were taken for another class: label, prediction, and the confidence in it.',
  'surest-mistakes': 'The mistakes that the network was most sure of: label, prediction, and the confidence in it.',
  throughput: `Training samples over training time${augment ? ', augmentation included' : ''}; evaluation is not counted.`,
});

function page(
  { trained, summary, log, data, inference, samplesEpoch }: ReportData,
  figures: readonly Figure[],
): string {
  const { model, options, name } = trained;
  const shown = figures.map(
    ({ drawing: { name, title }, svg }): Section => ({
      title,
      text: texts(options, samplesEpoch)[name] ?? '',
      figure: svg.element,
    }),
  );
  const { accuracy, loss } = inference.means;
  const epochs = summary?.epochs.length ?? options.epochs;
  const wrong = data.test.count - Math.round(accuracy * data.test.count);
  const digest = digestOf(model.parameters);
  const sections: Section[] = [
    ...shown,
    ...classesSection(trained.classNames, confusionOf(data.test.labels, inference.predictions, model.widths.at(-1)!)),
    { title: 'Workers and what happened to them', ...whatHappened(log.processes, log.omitted) },
    {
      title: 'Configuration',
      rows: Object.entries(configForFile(options)).map(([key, value]) => [key, bareValue(value)]),
    },
    ...(log.processes.length === 0 ? [] : [{ title: 'Environment', rows: whereItRan(log.processes, log.omitted) }]),
    {
      title: 'Digests',
      text: 'SHA-256 of the parameters, and of the whole training state. They do not depend on the number of workers.',
      rows: [['Model', digest], ...(summary === null ? [] : ([['State', summary.stateDigest]] as const))],
    },
    { title: 'Do it again', ...doItAgain(trained) },
  ];
  return reportPage({
    title: `Lockstep: ${name}`,
    subtitle: `A perceptron ${model.widths.join('-')} with ${grouped(model.parameters.length)} parameters, trained for ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}${summary?.bestEpoch ? `, of which it keeps number ${summary.bestEpoch}` : ''}.`,
    highlights: [
      [`${(accuracy * 100).toFixed(2)} %`, 'test accuracy'],
      [loss.toFixed(4), 'test loss'],
      [`${grouped(wrong)} of ${grouped(data.test.count)}`, 'mistakes'],
      ...(summary === null
        ? []
        : ([
            [`${summary.seconds.toFixed(1)} s`, 'in all'],
            [grouped(Math.round(summary.samplesPerSecond)), 'samples a second'],
          ] as const)),
    ],
    sections,
  });
}

/** Names as they are: figures have to cut them, and lack most letters of the world. */
function classesSection(names: ClassNames, confusion: Confusion): Section[] {
  if (names === null) return [];
  const part = (ratio: number | null) => (ratio === null ? '-' : `${(100 * ratio).toFixed(1)} %`);
  const rows = classFigures(confusion).map(
    ({ label, samples, precision, recall }) =>
      [
        `${label}`,
        `${names[label]}: ${counted(samples, 'test image')}, precision ${part(precision)}, recall ${part(recall)}`,
      ] as const,
  );
  return [{ title: 'Names of the classes', rows }];
}

function doItAgain({ folder, changes }: TrainedModel): Pick<Section, 'text' | 'rows' | 'code'> {
  const again = `lockstep train --config ${shellWord(`${folder}/config.json`)} --out ${shellWord(`${folder}-again`)}`;
  const others = ['evaluate', 'report'].map((command) => `lockstep ${command} ${shellWord(folder)}`);
  const promise = 'Another number of threads, or other machines, give the same digests.';
  if (changes.length === 0) return { text: promise, code: [again, ...others].join('\n') };
  return {
    text: `This run was changed when it was resumed, so that no single command does it again: train to each of these steps with --max-steps, and go on with --resume and --allow-change. ${promise}`,
    rows: changes.map(({ step, name, from, to }) => [
      `Step ${step}`,
      `${name} from ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
    ]),
    code: others.join('\n'),
  };
}
