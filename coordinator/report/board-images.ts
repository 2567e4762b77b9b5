// The figures of a report as TensorBoard's images, of a run that has event files: what it draws of its own accord is left out.

import { join } from 'node:path';
import { type BoardImage, imageRecord, versionRecord } from '../../src/formats/tensorboard.ts';
import { hasEventFiles, replaceEventFile } from '../run-folder/event-files.ts';
import { BOARD_FOLDER } from '../run-folder/folder-names.ts';

export interface PngFigure {
  readonly name: string;
  readonly png: Uint8Array;
}

const drawnByItself = ['curves', 'throughput'];

/** Returns the paths of what was written. `refuse`: how it is told that a file cannot be. */
export async function writeBoardImages(
  runFolder: string,
  step: number,
  figures: readonly PngFigure[],
  refuse: (path: string, cause: unknown) => Error,
): Promise<string[]> {
  const seconds = Date.now() / 1000;
  const images = figures.filter(({ name }) => !drawnByItself.includes(name)).map(boardImage);
  const records = [versionRecord(seconds), ...images.map((image) => imageRecord({ seconds, step }, image))];
  try {
    if (!(await hasEventFiles(runFolder))) return [];
    return [await replaceEventFile(runFolder, 'report', records)];
  } catch (cause) {
    throw refuse(join(runFolder, BOARD_FOLDER), cause);
  }
}

/** Its size as its header has it. */
function boardImage({ name, png }: PngFigure): BoardImage {
  const header = new DataView(png.buffer, png.byteOffset);
  return { tag: `report/${name}`, width: header.getUint32(16), height: header.getUint32(20), png };
}
