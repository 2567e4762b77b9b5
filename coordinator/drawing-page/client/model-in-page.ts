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

/** Little-endian, whatever the machine. */
function floatsOf(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
