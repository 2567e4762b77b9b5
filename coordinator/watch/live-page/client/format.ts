// Numbers and times as a reader wants them; times are of the reader's own zone. Knows nothing of the page.

export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** null: JSON has no figure that is not finite. */
export function loss(value: number | null | undefined): string {
  return value === undefined ? '–' : value === null ? 'not finite' : value.toFixed(4);
}

export function percent(ratio: number | null | undefined): string {
  return ratio === undefined || ratio === null ? '–' : `${(100 * ratio).toFixed(2)} %`;
}

/** 0:07, 12:03, 1:02:03. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Time since something was heard: short, and calm where it is short. */
export function ago(ms: number): string {
  if (ms < 1000) return 'now';
  return ms < 60_000 ? `${Math.round(ms / 1000)} s ago` : `${duration(ms / 1000)} ago`;
}

export function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB');
}
