// The machine's steady clock: the same in all threads, while performance.now() counts from each thread's own beginning.

export function machineMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
