// The model that an export has put into the page, ready to be asked. Knows nothing of drawings.

import type { PageModel } from '../../../src/formats/page-model.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import type { PlainNetwork } from '../../../src/model/plain-forward.ts';

export interface ModelInPage {
  readonly said: PageModel;
  readonly network: PlainNetwork;
}

export function modelInPage(): ModelInPage {
  const said: PageModel = JSON.parse(document.getElementById('model')!.textContent!);
  const { widths, scale, offset, weights } = said;
  return { said, network: { layout: layoutOf(widths), parameters: floatsOf(weights), scale, offset } };
}

/** Little-endian, whatever the machine. By plain loops: of a wide network there are millions. */
function floatsOf(base64: string): Float32Array {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  const floats = new Float32Array(bytes.length / 4);
  for (let i = 0; i < floats.length; i++) floats[i] = view.getFloat32(4 * i, true);
  return floats;
}
