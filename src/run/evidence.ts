// What a run says of its own states, and where two runs contradict each other by that. Pure.

import { commonSteps, firstDifference, type Receipts } from './receipts.ts';

/** Where a run says what state it had. */
export type Witness = 'receipts' | 'checkpoint' | 'history.json' | 'summary.json';

/** That the state after some step had this SHA-256 (digest.ts). */
export interface Said {
  readonly by: Witness;
  readonly digest: string;
}

export interface Evidence {
  /** null: the run has none. */
  readonly receipts: Receipts | null;
  /** What is said of the whole state after so many steps. */
  readonly states: ReadonlyMap<number, readonly Said[]>;
  /** Steps that the run is known to have done. */
  readonly lastStep: number;
}

type Both = readonly [Evidence, Evidence];

/** What is known of two runs without computing anything. */
export interface Known {
  /** The last step after which both had one and the same state, as far as they say; 0 without any: there both have to begin. */
  readonly common: number;
  /** The first step after which what is said differs, between the runs or within one; null: nowhere. */
  readonly differs: number | null;
  /** The last step that both came to. */
  readonly end: number;
  /** How many hashes of parameters, and how many states both tell of and have the same. */
  readonly hashes: number;
  readonly states: number;
  /** Whether what is said leaves nothing open up to `end`. */
  readonly settled: boolean;
}

/** @see Known */
export function knownOf(both: Both): Known {
  const [a, b] = both;
  const end = Math.min(a.lastStep, b.lastStep);
  const steps = [...new Set([...a.states.keys(), ...b.states.keys()])].filter((step) => step <= end).sort(inOrder);
  const chains = a.receipts !== null && b.receipts !== null ? ([a.receipts, b.receipts] as const) : null;
  const differs = [
    chains === null ? null : firstDifference(...chains),
    steps.find((step) => new Set(saidAt(both, step)).size > 1) ?? null,
  ].reduce((least, one) => (least === null ? one : one === null ? least : Math.min(least, one)), null);
  const before = (step: number) => differs === null || step < differs;
  const agreed = steps.filter((step) => before(step) && a.states.has(step) && b.states.has(step));
  const common = agreed.at(-1) ?? 0;
  const hashed = (chains === null ? [] : commonSteps(...chains)).filter((step) => before(step) && step <= end);
  const alone = steps.some((step) => step > common && before(step));
  const settled = common === end || (!alone && hashed.length > 0 && hashed.at(-1) === end);
  return { common, differs, end, hashes: hashed.length, states: agreed.length, settled };
}

/** Each digest that either says. */
function saidAt(both: Both, step: number): readonly string[] {
  return both.flatMap(({ states }) => states.get(step) ?? []).map(({ digest }) => digest);
}

function inOrder(a: number, b: number): number {
  return a - b;
}

/** What a run says of a state: a witness of the whole state, or 'parameters', the hash of a receipt. */
export type Statement = 'parameters' | Witness;

/** What a run says of one of its states, set beside the same state as it was computed again. */
export interface Testimony {
  readonly agrees: readonly Statement[];
  readonly contradicts: readonly Statement[];
}

export function testimony(
  { receipts, states }: Evidence,
  step: number,
  computed: { readonly hash: () => string; readonly stateDigest: () => string },
): Testimony {
  const hash = receipts?.hashes[step - receipts.from];
  const said = states.get(step) ?? [];
  const digest = said.length === 0 ? null : computed.stateDigest();
  const all: readonly (readonly [Statement, boolean])[] = [
    ...(hash === undefined ? [] : [['parameters', hash === computed.hash()] as const]),
    ...said.map((one) => [one.by, one.digest === digest] as const),
  ];
  const where = (agrees: boolean) => all.filter(([, is]) => is === agrees).map(([by]) => by);
  return { agrees: where(true), contradicts: where(false) };
}

/** Whether a run comes to what it says of itself; null: it says nothing of that state. */
export function comesToIt({ agrees, contradicts }: Testimony): boolean | null {
  return contradicts.length > 0 ? false : agrees.length > 0 ? true : null;
}
