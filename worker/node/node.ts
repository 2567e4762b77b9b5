// A node's life: connect, take part, and connect again for as long as that may help. Returns how it ended.

import { ExitCode, LockstepError } from '../../src/errors.ts';
import { isLoopback } from '../../src/host/loopback.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import type { Token } from '../../src/wire/auth.ts';
import { closeCodes } from '../../src/wire/close-codes.ts';
import { afterSession, type Reason } from './after-session.ts';
import { pauseMs } from './backoff.ts';
import { dial, type WebSocket } from './dial.ts';
import type { KnownData } from './known-data.ts';
import type { NodeCounts } from './node-counts.ts';
import type { NodeWiring } from './node-wiring.ts';
import { Session } from './session.ts';
import { SpareMemory } from './spare-memory.ts';
import { mendUnreached } from './unreached.ts';

export interface NodeOptions {
  /** Without name and password. */
  readonly url: string;
  /** For a proxy before the coordinator; null: none. */
  readonly authorization?: string | null;
  readonly token: Token | null;
  readonly certificateAuthority: string | null;
  readonly threads: number;
  readonly name: string;
  /** Go on after a run is over, and take part in the next. */
  readonly keepAlive: boolean;
  /** Give up after so long without a connection; null: never. */
  readonly retryForMs: number | null;
  /** Where its own metrics are; null: nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number } | null;
  /** What a launcher started looks for its coordinator, and ends as that does. */
  readonly launch?: RankOfLaunch;
}

/** Where a coordinator may be, and the token that it should know. */
export interface Target {
  readonly url: string;
  readonly token: Token | null;
}

export interface RankOfLaunch {
  /** 1 or more. */
  readonly rank: number;
  /** Asked before each round of attempts, since rank 0 may say anew where it is; or why it is nowhere yet. */
  readonly targets: () => Promise<readonly Target[] | { readonly why: string }>;
}

export interface NodeResult {
  readonly name: string;
  /** Connections that became members. */
  readonly joined: number;
  readonly shardsDone: number;
  readonly samplesDone: number;
  readonly reason: string;
  /** What the process is to end with. */
  readonly exitCode: ExitCode;
}

export interface NodeDeps {
  readonly log: (level: 'info' | 'warning', message: string) => void;
  /** Kept up to date, for the node's own metrics. */
  readonly counts?: NodeCounts;
  /** Aborted when the node is to leave; its reason is a LockstepError with the exit code. */
  readonly signal: AbortSignal;
}

/** @throws LockstepError with its exit code, for every end but that of the run, or of the launch */
export async function runNode(
  options: NodeOptions,
  data: KnownData,
  wiring: NodeWiring,
  hooks: NodeDeps,
): Promise<NodeResult> {
  const { log, signal } = hooks;
  const kept: Kept = { data, memories: new SpareMemory(), reached: false };
  const result = { name: options.name, joined: 0, shardsDone: 0, samplesDone: 0, reason: '', exitCode: ExitCode.done };
  let failures = 0;
  let sinceMs = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const reason = await connect(options, kept, wiring, hooks, result);
    if (reason.kind === 'done') return { ...result, reason: reason.text, exitCode: reason.exitCode };
    if (reason.joined) {
      failures = 0;
      sinceMs = performance.now();
    }
    failures++;
    const waitedMs = performance.now() - sinceMs;
    const pause = pauseMs(failures, Math.random(), options.launch && LAUNCH_PAUSE_MS);
    if (options.retryForMs !== null && waitedMs + pause > options.retryForMs) {
      if (reason.refusal !== undefined) throw reason.refusal;
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_NO_COORDINATOR',
        what: options.launch ? 'No coordinator (rank 0 of this launch)' : `No coordinator at ${options.url}`,
        why: reason.text,
        mend: options.launch
          ? 'Look at what rank 0 said last, whether its host can be reached from here, and whether all ranks share the folder where they look for a file; or give a longer --retry-for'
          : (reason.mend ?? mendUnreached),
        exitCode: ExitCode.tryAgain,
      });
    }
    // one line for an outage, not one for each attempt
    if (reason.kind === 'over') log('info', `the run is over; waiting for the next at ${options.url}`);
    // that rank 0 is not there yet is how a launch begins
    else if (failures === 1)
      log(options.launch && !kept.reached ? 'info' : 'warning', `not connected: ${reason.text}; trying again`);
    await rest(pause, signal);
  }
}

/** Between two rounds of a rank, at most: all of a launch waits for the last. */
const LAUNCH_PAUSE_MS = 2_000;

/** What stays from one connection to the next. */
interface Kept {
  readonly data: KnownData;
  readonly memories: SpareMemory;
  /** A coordinator was spoken to at that address, and trusted. */
  reached: boolean;
}

/** Once; of a launch to each place where rank 0 may be, until one takes it. */
async function connect(
  options: NodeOptions,
  kept: Kept,
  wiring: NodeWiring,
  hooks: NodeDeps,
  result: { joined: number; shardsDone: number; samplesDone: number },
): Promise<Reason> {
  if (!options.launch) return await connectOnce(options, kept, wiring, hooks, result);
  const targets = await unlessAborted(options.launch.targets(), hooks.signal);
  if ('why' in targets) return { kind: 'retry', text: targets.why, joined: false };
  let last: Reason = { kind: 'retry', text: 'rank 0 is nowhere', joined: false };
  const unreachable = new Set<string>();
  for (const target of targets) {
    const { hostname } = new URL(target.url);
    if (unreachable.has(hostname)) continue;
    const reason = await connectOnce({ ...options, ...target }, kept, wiring, hooks, result);
    if (reason.kind !== 'retry' || reason.joined) return reason;
    // its other ports need not be waited for
    if (/\b(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)\b/.test(reason.text)) unreachable.add(hostname);
    // who refuses may be the coordinator of another launch; if nobody else is found, that is what is told
    const refusal: LockstepError | undefined = reason.refusal ?? last.refusal;
    last = refusal === undefined ? reason : { ...reason, text: refusal.why, refusal };
  }
  return last;
}

async function connectOnce(
  options: NodeOptions,
  kept: Kept,
  wiring: NodeWiring,
  { log, signal, counts }: NodeDeps,
  result: { joined: number; shardsDone: number; samplesDone: number },
): Promise<Reason> {
  let dialling: WebSocket | null = null;
  const breakOff = () => dialling?.terminate();
  signal.addEventListener('abort', breakOff);
  const dialled = await dial(options, (socket) => {
    dialling = socket;
  });
  signal.removeEventListener('abort', breakOff);
  signal.throwIfAborted();
  // where the certificate was good before, somebody else answers for a while, or it is about to be renewed
  if (dialled.kind === 'retry' || (dialled.kind === 'untrusted' && kept.reached)) {
    return { kind: 'retry', text: dialled.reason, joined: false, mend: dialled.mend ?? null };
  }
  if (dialled.kind !== 'open') {
    const refusal = refused(options.url, dialled.reason, dialled.mend);
    if (!options.launch) throw refusal;
    return { kind: 'retry', text: dialled.reason, joined: false, refusal };
  }
  kept.reached = true;
  const { data, memories } = kept;

  const { socket, engine } = dialled;
  let selfTest: string;
  try {
    selfTest = await unlessAborted(wiring.selfTest(engine), signal);
  } catch (error) {
    if (signal.aborted) socket.terminate();
    else socket.close(closeCodes.engine.code, 'the node does not have the engine');
    throw error;
  }
  // it may have been closed meanwhile, and nobody would tell the session
  if (socket.readyState !== socket.OPEN) return { kind: 'retry', text: 'the connection was lost', joined: false };
  const { threads, name } = options;
  const metricsPort = seenMetricsPort(options);
  const session = new Session(dialled, data, {
    name,
    threads,
    engine,
    selfTest,
    metricsPort,
    rank: options.launch?.rank ?? null,
    wiring,
    memories,
    log,
    ...(counts && { counts }),
  });
  const leave = () => session.leave('told to leave');
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  const end = await session.ended;
  signal.removeEventListener('abort', leave);
  result.joined += end.joined ? 1 : 0;
  result.shardsDone += end.shardsDone;
  result.samplesDone += end.samplesDone;
  signal.throwIfAborted();

  return afterSession(end, { ...options, ofLaunch: options.launch !== undefined });
}

/** The port that the coordinator is told: not that of a server which listens on loopback, unless it is on this machine. */
function seenMetricsPort({ url, metrics }: NodeOptions): number | null {
  if (!metrics) return null;
  return isLoopback(metrics.host) && !isLoopback(new URL(url).hostname) ? null : metrics.port;
}

function refused(url: string, why: string, mend: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_JOIN_REFUSED',
    what: `The coordinator at ${url} cannot be joined`,
    why,
    mend,
  });
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
