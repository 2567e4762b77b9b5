// Programs that some tests need and a machine may not have. Such a test says that it was skipped, and why.

import { execFileSync } from 'node:child_process';
import { has } from './processes.ts';

/** For describe.skipIf; prints what is missing. */
export function missing(command: string, debianPackage: string): boolean {
  if (has(command)) return false;
  console.log(`skipped: ${command} is not here (apt-get install ${debianPackage})`);
  return true;
}

/** What the program printed; throws with all that it printed if it fails. */
export function output(command: string, args: readonly string[], input?: string): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
}
