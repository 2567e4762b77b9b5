// Limits of a run's cluster that no flag changes, in one place; tests change them.

import { type StrangerLimits, strangerLimits } from '../../src/host/http/stranger-limits.ts';
import type { StepOptions } from '../step/step-events.ts';
import { stepDefaults } from '../step/step-machine.ts';

export interface ClusterLimits {
  /** When an attempt is late. */
  readonly step: StepOptions;
  /** Nodes at a time; further ones are told to come again later. */
  readonly mostNodes: number;
  /** Whoever has not said hello yet. */
  readonly strangers: StrangerLimits;
}

export const clusterLimits: ClusterLimits = { strangers: strangerLimits, step: stepDefaults, mostNodes: 1_024 };
