// Whether somebody changed config.json by hand, so that it says something else than a checkpoint, which vouches for itself. Pure.

import { LockstepError } from '../errors.ts';
import { type Difference, differences, differenceText, type Recorded } from './differences.ts';

/**
 * `allowed`: names that may differ; `canAllow`: whether more may be allowed by name.
 * @throws LockstepError which names what differs
 */
export function refuseEdits(
  checkpoint: Recorded & { readonly path: string },
  config: Recorded & { readonly path: string },
  allowed: readonly string[],
  canAllow: boolean,
): void {
  const edited = unexplained(checkpoint, config).filter(({ name }) => !allowed.includes(name));
  const names = edited.map(({ name }) => name);
  if (edited.length > 0) {
    const back = `Put it back in ${config.path}`;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
      what: `${config.path} has another ${names.join(', ')} than the run's newest checkpoint`,
      why: `${edited.map(differenceText).join('; ')}, and it records no such change`,
      mend:
        canAllow && !names.includes('hidden') ? `${back}, or allow it with --allow-change ${names.join(',')}` : back,
    });
  }
  if (hasChangesOf(checkpoint, config)) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${config.path} records other changes than the run's newest checkpoint`,
    why: `"changes" of its record does not begin with those of ${checkpoint.path}`,
    mend: `Put them there as they stand in ${checkpoint.path}`,
  });
}

/**
 * Those of the differences between a checkpoint and config.json that no recorded change explains: somebody changed one of
 * the two by hand. A change that was allowed stands in config.json before the first checkpoint that has it: behind those
 * that the checkpoint has, and the last of a name counts.
 */
function unexplained(checkpoint: Recorded, config: Recorded): Difference[] {
  const pending = config.changes.slice(checkpoint.changes.length);
  return differences(checkpoint.facts, config.facts).filter(({ name, to }) => {
    const last = pending.findLast((change) => change.name === name);
    return last === undefined || JSON.stringify(last.to) !== JSON.stringify(to);
  });
}

/** Whether config.json has the changes that a checkpoint has, in the same order, and perhaps more behind them. */
function hasChangesOf(checkpoint: Recorded, config: Recorded): boolean {
  return checkpoint.changes.every((change, i) => JSON.stringify(change) === JSON.stringify(config.changes[i]));
}
