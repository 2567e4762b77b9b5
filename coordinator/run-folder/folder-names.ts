// The folders in a run folder, relative to it.

import { join } from 'node:path';

export const CHECKPOINTS_FOLDER = 'checkpoints';
/** Epochs that checkpoints share. */
export const EPOCHS_FOLDER = join(CHECKPOINTS_FOLDER, 'epochs');
export const FIGURES_FOLDER = 'figures';
/** Event files for TensorBoard. */
export const BOARD_FOLDER = 'tensorboard';
