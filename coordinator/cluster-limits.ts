// Limits of a run's cluster that no flag changes, in one place; tests change them.

import { type NodeServerOptions, nodeServerDefaults } from './node-server.ts';
import { stepDefaults } from './step.ts';
import type { StepOptions } from './step-events.ts';

export interface ClusterLimits extends Pick<NodeServerOptions, 'handshakeMs' | 'mostUnauthenticated'> {
  /** When an attempt is late. */
  readonly step: StepOptions;
  /** Nodes at a time; further ones are told to come again later. */
  readonly mostNodes: number;
}

export const clusterLimits: ClusterLimits = { ...nodeServerDefaults, step: stepDefaults, mostNodes: 1_024 };
