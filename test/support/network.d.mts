// The types of network.mjs.

export interface Host {
  readonly address: string;
  /** What a command is put behind to run on this host. */
  readonly within: readonly string[];
  /** Pulls its cable, or puts it back. */
  setLink(state: 'up' | 'down'): void;
  /** Both ways. */
  limitRate(megabits: number): void;
}

/** Why there can be no network here; null when there can. */
export function networkMissing(): string | null;

/** To be removed by its caller. */
export function makeNetwork(count: number): { readonly hosts: readonly Host[]; remove(): void };
