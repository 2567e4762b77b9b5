// A process that is measured: what it printed, and when. Knows nothing of what it trains.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * The lines of its stdout, each with the seconds from before the process was started until the line was read; rejects with
 * the end of its stderr if it fails. After `limit` seconds it is ended, and what it has printed until then is all.
 */
export async function linesOf({ command, args, env = {}, limit = Number.POSITIVE_INFINITY }) {
  const began = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const lines = [];
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr = (stderr + text).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push({ text, seconds: (performance.now() - began) / 1000 });
  });
  let late = false;
  const end = () => {
    late = true;
    child.kill('SIGKILL');
  };
  const timer = Number.isFinite(limit) ? setTimeout(end, limit * 1000) : undefined;
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearTimeout(timer);
  if (code !== 0 && !late) throw new Error(`${[command, ...args].join(' ')} ended with exit code ${code}:\n${stderr}`);
  return lines;
}
