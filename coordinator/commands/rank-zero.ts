// `lockstep train` in rank 0 of a launch: with which token and where the others find it, before and while it trains.

import { randomBytes } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { LockstepError } from '../../src/errors.ts';
import { RendezvousFile, rendezvousPath } from '../../src/host/files/rendezvous-file.ts';
import { readToken } from '../../src/host/files/secret-files.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import {
  announcedUrls,
  announcementText,
  checkMeans,
  guessedUrls,
  type HostPort,
  listenAddress,
  PORTS_TRIED,
} from '../../src/launch/meeting.ts';
import type { Place } from '../../src/launch/place.ts';
import { hostAndPort } from '../../src/options/address-kinds.ts';
import type { RunOptions, TrainOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { tokenOf } from '../../src/wire/auth.ts';
import { launchedRun } from '../training/launched-run.ts';
import type { TrainDeps } from '../training/train-deps.ts';

const JOIN_SECONDS = 300;

/** What a run of rank 0 has besides. */
export interface RankZero {
  readonly launch: NonNullable<TrainDeps['launch']>;
  readonly onEvent: (event: TrainEvent) => void;
  /** Aborted with the run's own, and where the others cannot be told where it is. */
  readonly signal: AbortSignal;
  /** The options of the run, with where it listens. */
  readonly listening: (options: RunOptions) => RunOptions;
}

/** `options`: as they were given, before those of a run that goes on. `say`: a line for people. */
export async function asRankZero(
  place: Place,
  options: TrainOptions,
  signal: AbortSignal,
  say: (event: TrainEvent) => void,
  work: (zero: RankZero) => Promise<void>,
): Promise<void> {
  const warn = (message: string) => say({ type: 'warning', message });
  const given = await unlessAborted(readToken(options.tokenFile, warn), signal);
  const asked = options.listen === null ? null : hostAndPort(options.listen);
  const path = rendezvousPath(place, options.rendezvous, options.out ?? options.resume);
  const guesses = guessedUrls(place, asked, options.tlsCert === null ? 'ws' : 'wss');
  checkMeans(place, { token: given !== null, file: path }, guesses);
  // never made of what others can know: not of the job's number, nor of host, user and time
  const made = given === null ? randomBytes(32).toString('hex') : null;
  const launch = { size: place.size, token: given ?? tokenOf(made!)!, ports: PORTS_TRIED };
  const listen = addressText(listenAddress(place, asked));
  const file = path === null ? null : new RendezvousFile(path);
  const announce = async (urls: readonly string[]) =>
    await file?.write(announcementText({ launch: place.id, urls, token: made }));
  const failing = new AbortController();
  let announced = Promise.resolve();
  const onEvent = (event: TrainEvent) => {
    if (event.type !== 'listening') return;
    const urls = announcedUrls(place, event, ownNames(event.host), event.tls ? 'wss' : 'ws');
    announced = announce(urls).catch((error: unknown) => cannot(error, (reason) => failing.abort(reason)));
  };
  /** Where all have a token and a host to try, the file is a help and no need. */
  const cannot = (error: unknown, fail: (error: unknown) => void) => {
    if (!(error instanceof LockstepError) || given === null || guesses.length === 0) return fail(error);
    warn(`${error.what}: ${error.why}; the other ranks look for rank 0 without it`);
  };
  try {
    // at once: what an earlier launch left there is none of this one's
    await announce([]).catch((error: unknown) =>
      cannot(error, (reason) => {
        throw reason;
      }),
    );
    await launchedRun(
      {
        launch,
        options: { ...options, listen },
        signal,
        onEvent: (event) => {
          onEvent(event);
          say(event);
        },
      },
      async (tell) => {
        const both = AbortSignal.any([signal, failing.signal]);
        const listening = (run: RunOptions) => ({ ...run, listen, joinTimeout: run.joinTimeout ?? JOIN_SECONDS });
        await work({ launch, onEvent: tell, signal: both, listening });
      },
    );
  } finally {
    await announced;
    await file?.remove();
  }
}

function addressText({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** By which this host may be reached from others. */
function ownNames(bound: string): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const reachable = addresses.filter(
    ({ internal, family, scopeid }) => !internal && !scopeid && (family === 'IPv4' || bound === '::'),
  );
  return [hostname(), ...reachable.map(({ address }) => address)];
}
