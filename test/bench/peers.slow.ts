// That the benchmark against peers runs, by what is ours alone: of peers it needs a Python with their frameworks.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

function run(file: string, ...args: readonly string[]): string {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return execFileSync(process.execPath, [path, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('ours alone has rates of training and of evaluation', () => {
  const printed = run('peers.mjs', '--quick');
  const rates = printed.split('\n').filter((line) => line.startsWith('| Lockstep'));
  // threads and nodes train; evaluation is measured with threads alone
  expect(rates).toHaveLength(3);
  for (const line of rates) {
    expect(line).toContain(`Node ${process.versions.node}`);
    expect(line).toMatch(/\| [\d,]{4,} \([\d,]+ to [\d,]+\) \|$/);
  }
});

test('ours alone is timed until it is accurate', () => {
  const recipe = { course: { schedule: 'constant', epochs: 2, lr: 0.003 }, augment: false, batch: 512, evaluations: 4 };
  const printed = run(
    'to-accuracy.mjs',
    '--until',
    '0.8',
    '--seeds',
    '1',
    '--recipes',
    JSON.stringify({ lockstep: recipe }),
  );
  expect(printed).toContain('at 80 %');
  expect(printed).toMatch(/4 evaluations an epoch \| \d+\.\d\d \| \d+\.\d\d \|/);
});
