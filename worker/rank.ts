// `lockstep train` in a process that a launcher started as rank 1 or more: a worker of rank 0, which it looks for, waits for, and ends
// like. Knows nothing of how the launch was recognised.

import { hostname } from 'node:os';
import { rootCertificates } from 'node:tls';
import type { CommandContext } from '../src/command.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { ExitCode } from '../src/errors.ts';
import { loadDataset } from '../src/host/data/load-dataset.ts';
import { readRendezvous, rendezvousPath } from '../src/host/files/rendezvous-file.ts';
import { readText, readToken } from '../src/host/files/secret-files.ts';
import { collectForSockets } from '../src/host/process/collect-for-sockets.ts';
import { watchSignals } from '../src/host/process/signals.ts';
import { unlessAborted } from '../src/host/unless-aborted.ts';
import { processCores } from '../src/host/usable-cores.ts';
import { checkMeans, guessedUrls, readAnnouncement } from '../src/launch/meeting.ts';
import type { Place } from '../src/launch/place.ts';
import { coresOfRank, threadsFor } from '../src/launch/rank-cores.ts';
import { hostAndPort } from '../src/options/address-kinds.ts';
import { readingOf } from '../src/options/reading.ts';
import type { TrainOptions } from '../src/options/train-options.ts';
import { type Token, tokenOf } from '../src/wire/auth.ts';
import { asText } from '../src/wire/fields.ts';
import { NAME_LENGTH } from '../src/wire/limits.ts';
import { KnownData } from './node/known-data.ts';
import { type RankOfLaunch, runNode } from './node/node.ts';
import { NodeCounts } from './node/node-counts.ts';

const RETRY_SECONDS = 300;
/** Of the half minute that Slurm and Kubernetes give between SIGTERM and SIGKILL. */
const PATIENCE_MS = 10_000;

/** @throws LockstepError with its exit code, for every end but that of rank 0 */
export async function runRank(place: Place, options: TrainOptions, context: CommandContext): Promise<ExitCode> {
  const { rank } = place;
  context.speakAs(`[rank ${rank}] `);
  context.showStacks(options.verbose);
  const { note } = context;
  // what goes well is told by rank 0
  const log = (level: 'info' | 'warning', message: string) => {
    if (level === 'warning') note(`Warning: ${message}`);
    else if (options.verbose) note(message);
  };
  const counts = new NodeCounts();
  const { signal: told } = watchSignals({
    what: `Rank ${rank} was told to leave`,
    mend: 'Start the launch again',
    onStop: (name) =>
      log('info', `${name}: ending with rank 0, or without it in ${PATIENCE_MS / 1000} s; once more stops at once`),
    onWarning: (name) => log('info', `${name}: checkpoints are those of rank 0`),
    onStay: (name) => log('info', `${name}: the terminal is gone; started by nohup, the rank goes on`),
  });
  const signal = afterRankZero(told, counts);
  collectForSockets();
  const warn = (message: string) => log('warning', message);
  const token = await unlessAborted(readToken(options.tokenFile, warn), signal);
  const targets = targetsOf(place, options, token);
  const data = new KnownData(await unlessAborted(ownData(options, log), signal));
  const cores = coresOfRank(place, processCores());
  const wired = await context.wiring();
  const wide = options.wide ? { wide: wired.wideKernels() } : {};
  const { reason, exitCode } = await runNode(
    {
      url: 'ws://rank-0',
      token,
      certificateAuthority: await authorityOf(options.tlsCert),
      threads: Math.max(1, options.threads ?? Math.min(threadsFor(cores), options.shards)),
      name: asText(`rank ${rank} on ${hostname()}`, NAME_LENGTH),
      keepAlive: false,
      retryForMs: (options.retryFor ?? RETRY_SECONDS) * 1000,
      launch: { rank, targets },
    },
    data,
    { ...wired, ...wide, cores },
    { signal, log, counts },
  );
  // why, rank 0 says
  log(exitCode === ExitCode.done ? 'info' : 'warning', reason);
  return exitCode;
}

/**
 * A launcher signals all ranks at once, and many end the rest by force as soon as one has failed: with rank 0 they would end the
 * checkpoint that it is writing. So a rank works on until rank 0 says how it ends; where it says nothing, this rank alone was meant.
 */
function afterRankZero(told: AbortSignal, counts: NodeCounts): AbortSignal {
  const leaving = new AbortController();
  told.addEventListener('abort', () => {
    const leave = () => leaving.abort(told.reason);
    if (counts.now().connected) setTimeout(leave, PATIENCE_MS).unref();
    else leave();
  });
  return leaving.signal;
}

/** What rank 0 has written counts; where there is none of it, and a token was given, where it may be. */
function targetsOf(place: Place, options: TrainOptions, given: Token | null): RankOfLaunch['targets'] {
  const { rendezvous, out, resume, tlsCert } = options;
  const listen = options.listen === null ? null : hostAndPort(options.listen);
  const file = rendezvousPath(place, rendezvous, out ?? resume);
  const urls = guessedUrls(place, listen, tlsCert === null ? 'ws' : 'wss');
  checkMeans(place, { token: given !== null, file }, urls);
  const guesses = urls.map((url) => ({ url, token: given }));
  return async () => {
    if (file === null) return guesses;
    const read = await readRendezvous(file);
    const found = 'why' in read ? read : readAnnouncement(read.text, place.id);
    if (!('why' in found)) {
      const token = given ?? tokenOf(found.token ?? '');
      // without one it would believe whoever answers
      if (token !== null) return found.urls.map((url) => ({ url, token }));
    }
    if (given !== null && guesses.length > 0) return guesses;
    return { why: `the rendezvous file ${file} ${'why' in found ? found.why : 'has no token, and none was given'}` };
  };
}

/** Rank 0's certificate may have signed itself; or an authority has that every machine knows. */
async function authorityOf(certificate: string | null): Promise<string | null> {
  if (certificate === null) return null;
  return [await readText(certificate, 'TLS certificate'), ...rootCertificates].join('\n');
}

/** What it has not, it is sent. */
async function ownData(options: TrainOptions, log: (level: 'info', message: string) => void): Promise<Dataset | null> {
  return await loadDataset(options.data, { reading: readingOf(options) }).catch(() => {
    log('info', 'the data are not here: they will be received');
    return null;
  });
}
