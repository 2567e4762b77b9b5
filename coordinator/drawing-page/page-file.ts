// The page that runs a model on drawings, as the build left it: without a model.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export function readDrawingPage(): string {
  return readFileSync(createRequire(import.meta.url).resolve('#drawing-page'), 'utf8');
}
