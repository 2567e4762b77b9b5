// The names under which the four files of an IDX data set are known. Pure.

import type { IdxRole } from './idx.ts';

export type DataRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

export const standardNames: Readonly<Record<DataRole, string>> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

export const dataRoles = Object.keys(standardNames) as readonly DataRole[];

export function idxRoleOf(role: DataRole): IdxRole {
  return role.endsWith('Images') ? 'images' : 'labels';
}

const pattern = /^(train|t10k|test)[-_.](images|labels)[-_.]idx[1-4][-_.](ubyte|byte|short|int|float|double)(\.gz)?$/i;

/** Which of the four files bears such a name; null: none. Small or capital letters, "-idx3" or ".idx3", plain or .gz. */
export function roleOf(name: string): DataRole | null {
  const [, half, what] = pattern.exec(name)?.map((part) => part?.toLowerCase()) ?? [];
  if (half === undefined) return null;
  return `${half === 'train' ? 'train' : 'test'}${what === 'images' ? 'Images' : 'Labels'}`;
}

/** "qmnist-", where a name is one of the four but for that: several sets in one folder are named so. Else null. */
export function prefixOf(name: string): string | null {
  const [, prefix, rest] = /^(.+[-_.])((?:train|t10k|test)[-_.].+)$/i.exec(name) ?? [];
  return rest !== undefined && roleOf(rest) !== null ? prefix! : null;
}

/** Which of the four files a name is whose set bears a name of its own: "emnist-letters" of emnist-letters-train-images-idx3-ubyte. */
export function roleWithin(name: string, set: string): DataRole | null {
  if (!name.startsWith(set)) return null;
  return roleOf(name.slice(set.length).replace(/^[-_.]/, ''));
}

/** Of several names for one file: the standard one first, and plain before packed, since it is read faster. */
export function byPreference(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function rank(name: string): number {
  const small = name.toLowerCase();
  const bare = small.replace(/\.gz$/, '');
  const standard = Object.values(standardNames).some((one) => one === bare || one === bare.replace('.idx', '-idx'));
  return (small === bare ? 0 : 4) + (standard ? 0 : 2) + (bare.includes('.idx') ? 1 : 0);
}
