// Whole numbers with commas between thousands: the same on every machine, whatever its language.

/** Not by the host's Intl: its data take as long to load as a run's other texts take to be written. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
