// Where the build has put the file that computing threads run: by itself, so that threads can start while all else loads.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** As a URL. */
export const threadFile: string = pathToFileURL(createRequire(import.meta.url).resolve('#thread')).href;
