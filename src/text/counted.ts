// How many of what, in words. Pure.

/** 1 thread, 2 threads: for what makes its plural with an s. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
