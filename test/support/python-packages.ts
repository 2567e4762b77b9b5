// Packages of Python whose files some tests read. Such a test says that it was skipped, and why.

import { execFileSync } from 'node:child_process';

/** For describe.skipIf; prints what is missing. */
export function withoutPython(...packages: readonly string[]): boolean {
  try {
    execFileSync('python3', [
      '-c',
      `import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))`,
      ...packages,
    ]);
    return false;
  } catch {
    console.log(`skipped: python3 with ${packages.join(', ')} is not here (pip install)`);
    return true;
  }
}
