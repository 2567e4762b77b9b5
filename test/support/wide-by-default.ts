// With LOCKSTEP_WIDE=1 the tests' own runs have wide vectors as well, and all that takes the shared kernels itself: so any test of
// equality is one of theirs (test/promise/wide.slow.ts).

import { wiring } from '../../src/library.ts';
import { optionTable } from '../../src/options/option-table.ts';

const { module } = wiring.wideKernels();
Object.assign(optionTable.wide, { default: true });
Object.assign(wiring, { sharedKernels: () => module });
