// A picture that was chosen, dropped or pasted -> its pixels. The browser decodes it; nothing is loaded from elsewhere.

import { checkSize, PictureError } from '../../../src/image/picture.ts';

/** @throws PictureError where it is none */
export async function pixelsOfFile(file: Blob): Promise<ImageData> {
  // as predict reads them: turned upright as Exif says, by no profile of colours
  const options: ImageBitmapOptions = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, options);
  } catch {
    throw new PictureError('it is no picture that this browser can read');
  }
  try {
    const { width, height } = bitmap;
    checkSize(width, height);
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

/** `take` hears of each picture that comes to the page in one of three ways. */
export function listenForPictures(input: HTMLInputElement, sheet: HTMLElement, take: (file: Blob) => void): void {
  const first = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file !== undefined) take(file);
  };
  input.addEventListener('change', () => {
    first(input.files);
    // the same file may be chosen again
    input.value = '';
  });
  document.addEventListener('paste', (event) => first(event.clipboardData?.files));
  // dropped beside the sheet it must not take the place of the page
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    sheet.classList.toggle('over', sheet.contains(event.target as Node));
  });
  document.addEventListener('dragleave', () => sheet.classList.remove('over'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    sheet.classList.remove('over');
    first(event.dataTransfer?.files);
  });
}
