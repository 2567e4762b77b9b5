export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}
export interface Measured {
  readonly name: string;
  readonly peer: boolean;
  /** By column and round; null where it has none. */
  readonly rates: readonly (readonly (number | null)[])[];
}
export function median(numbers: readonly number[]): number;
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread;
export function markdownTable(rows: readonly (readonly string[])[]): string;
export function ratesAndRatios(columns: readonly string[], measured: readonly Measured[]): string;
export function loadSentence(rounds: readonly { readonly before: number; readonly after: number }[]): string;
export function withSection(text: string, name: string, content: string): string;
