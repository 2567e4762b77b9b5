// Pure: Slurm's short form of many host names, "gpu[01-03,7],login", and of tasks by node, "2(x3),1". scontrol would expand
// them, but is not on every node, and costs a question to the controller for each rank.

import { LockstepError } from '../errors.ts';

const MOST_HOSTS = 65_536;

/**
 * The hosts in their order. Brackets hold numbers and ranges, with their leading zeros; a name may have several, the last of
 * which counts fastest.
 * @throws LockstepError where it is no such list
 */
export function hostsOf(list: string): string[] {
  const hosts = namesOf(list).flatMap((name) => expanded(name, list));
  if (hosts.length === 0) throw unreadable(list);
  return hosts;
}

/**
 * Tasks of each node, in the order of the nodes.
 * @throws LockstepError where it is no such list
 */
export function tasksOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const match = /^(\d{1,6})(?:\(x(\d{1,5})\))?$/.exec(part.trim());
    if (match === null) throw unreadable(list);
    return Array.from({ length: Number(match[2] ?? 1) }, () => Number(match[1]));
  });
}

/** Split at the commas that are in no bracket. */
function namesOf(list: string): string[] {
  const names: string[] = [];
  let name = '';
  let inside = false;
  for (const letter of list.trim()) {
    if (letter === '[' ? inside : letter === ']' && !inside) throw unreadable(list);
    if (letter === '[') inside = true;
    if (letter === ']') inside = false;
    if (letter === ',' && !inside) {
      names.push(name);
      name = '';
    } else name += letter;
  }
  if (inside) throw unreadable(list);
  return [...names, name].filter((one) => one !== '');
}

function expanded(name: string, list: string): string[] {
  const open = name.indexOf('[');
  if (open === -1) {
    if (!/^[\w.:-]+$/.test(name)) throw unreadable(list);
    return [name];
  }
  const close = name.indexOf(']');
  const [before, inner, after] = [name.slice(0, open), name.slice(open + 1, close), name.slice(close + 1)];
  if (!/^[\w.-]*$/.test(before)) throw unreadable(list);
  const tails = after === '' ? [''] : expanded(after, list);
  const numbers = inner.split(',').flatMap((range) => numbersOf(range, list));
  if (numbers.length * tails.length > MOST_HOSTS) throw unreadable(list);
  return numbers.flatMap((number) => tails.map((tail) => `${before}${number}${tail}`));
}

/** "08-11" -> 08, 09, 10, 11. */
function numbersOf(range: string, list: string): string[] {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range);
  if (match === null) throw unreadable(list);
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (last < first || last - first >= MOST_HOSTS) throw unreadable(list);
  const digits = match[1]!.length;
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i).padStart(digits, '0'));
}

function unreadable(list: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_LAUNCH',
    what: `"${list.slice(0, 80)}" cannot be read as Slurm's list of nodes`,
    why: 'it must be names with commas between them, with numbers in brackets: gpu[01-03,7],login',
    mend: 'Name the host of rank 0 in MASTER_ADDR, and use --launcher env with RANK and WORLD_SIZE',
  });
}
