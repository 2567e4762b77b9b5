// Would the two ends agree to the bit? A node's hello is held against the coordinator's own; a refusal names both sides.

import { NUMERICS_VERSION } from '../numerics.ts';
import { PROTOCOL_VERSION } from './limits.ts';
import type { Hello } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';

/** What must be the same at both ends. */
export type Identity = Pick<Hello, 'protocolVersion' | 'programVersion' | 'numerics' | 'engine' | 'selfTest'>;

/** What this program says of itself. */
export function identityOf(programVersion: string, engine: string, selfTest: string): Identity {
  return { protocolVersion: PROTOCOL_VERSION, programVersion, numerics: NUMERICS_VERSION, engine, selfTest };
}

/** @throws ProtocolError with the code of the first difference */
export function checkIdentity(node: Identity, coordinator: Identity): void {
  const differ = (what: string, a: number | string, b: number | string) => `${what}: node has ${a}, coordinator ${b}`;
  if (node.protocolVersion !== coordinator.protocolVersion) {
    throw new ProtocolError('protocolVersion', differ('protocol', node.protocolVersion, coordinator.protocolVersion));
  }
  if (node.programVersion !== coordinator.programVersion) {
    throw new ProtocolError('programVersion', differ('program', node.programVersion, coordinator.programVersion));
  }
  if (node.numerics !== coordinator.numerics) {
    throw new ProtocolError('numerics', differ('numerics version', node.numerics, coordinator.numerics));
  }
  if (node.engine !== coordinator.engine) {
    throw new ProtocolError('engine', differ('engine', node.engine, coordinator.engine));
  }
  if (node.selfTest !== coordinator.selfTest) {
    // The first 16 digits of each, since a close frame cannot hold both whole.
    throw new ProtocolError(
      'selfTest',
      differ(`self-test of ${node.engine}`, node.selfTest.slice(0, 16), coordinator.selfTest.slice(0, 16)),
    );
  }
}

/**
 * Whether the launch has such a process.
 * @param rank null: no launcher started the node
 * @param launchSize processes of the coordinator's launch; 0: it is of none
 * @throws ProtocolError
 */
export function checkRank(rank: number | null, launchSize: number): void {
  if (rank === null || launchSize === 0 || rank < launchSize) return;
  const why = `rank: node has ${rank}, the coordinator's launch has 0 to ${launchSize - 1}`;
  throw new ProtocolError('launchRank', why);
}
