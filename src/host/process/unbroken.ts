// Work that a command which is told to stop still finishes, since half of it would lie about on the disk.

const underWay = new Set<Promise<unknown>>();
let stopped = false;

/** Never begins after `settled` was called. */
export async function unbroken<T>(work: () => Promise<T>): Promise<T> {
  // the process ends
  if (stopped) return await new Promise<never>(() => {});
  const working = work();
  underWay.add(working);
  try {
    return await working;
  } finally {
    underWay.delete(working);
  }
}

/** Resolves when no such work is under way any more. */
export async function settled(): Promise<void> {
  stopped = true;
  await Promise.allSettled(underWay);
}
