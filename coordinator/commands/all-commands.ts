// All commands but train and worker, in the order of the help.

import type { AnyCommand } from './command.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { exportModel } from './export.ts';
import { predict } from './predict.ts';
import { report } from './report.ts';
import { verify } from './verify.ts';

export const commands: readonly AnyCommand[] = [evaluate, predict, report, exportModel, verify, doctor];
