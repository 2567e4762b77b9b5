// What the names in a folder of pictures say: which folder is which part of a data set, which file is a picture. Pure.

export type PictureSplit = 'train' | 'validation' | 'test';

const splits: readonly (readonly [split: PictureSplit, pattern: RegExp])[] = [
  ['train', /^train(ing)?$/i],
  ['validation', /^val(id|idation)?$/i],
  ['test', /^test(ing)?$/i],
];

/** Of a folder; null: it is none of the parts, and so a class or something else. */
export function splitOf(name: string): PictureSplit | null {
  return splits.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

/**
 * other: a picture of a form that cannot be read, which nobody would want to be left out unheard. null: no picture, such as
 * README, Thumbs.db, .DS_Store and the hidden halves that macOS writes.
 */
export function pictureKind(name: string): 'picture' | 'other' | null {
  if (isHidden(name)) return null;
  if (/\.(png|jpe?g|jpe|jfif)$/i.test(name)) return 'picture';
  return /\.(bmp|dib|gif|webp|tiff?|p[bgpn]m|heic|heif|avif|jp2|jxl|tga|svg)$/i.test(name) ? 'other' : null;
}

export function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}
