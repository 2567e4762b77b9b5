// The states of a connection and the messages that are due in each: the diagram of PROTOCOL.md as two tables. Both ends
// hold one state each and move it by what they send and what they receive.

import type { CoordinatorMessage, NodeMessage } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * greeting: the socket is open. greeted: hello was said. welcomed: the node is preparing. loading: it is being sent the
 * dataset. member: it may be given work. leaving: it will be given no more work, and answers what it holds.
 */
export type ConnectionState = 'greeting' | 'greeted' | 'welcomed' | 'loading' | 'member' | 'leaving';

type Table<Type extends string> = Readonly<Record<ConnectionState, Readonly<Partial<Record<Type, ConnectionState>>>>>;

const afterNode: Table<NodeMessage['type']> = {
  greeting: { hello: 'greeted' },
  greeted: {},
  welcomed: { 'need-data': 'loading', ready: 'member', heartbeat: 'welcomed', goodbye: 'leaving' },
  loading: { ready: 'member', heartbeat: 'loading', goodbye: 'leaving' },
  member: {
    'tree-node': 'member',
    evaluated: 'member',
    'attempt-failed': 'member',
    heartbeat: 'member',
    goodbye: 'leaving',
  },
  leaving: { 'tree-node': 'leaving', evaluated: 'leaving', 'attempt-failed': 'leaving', heartbeat: 'leaving' },
};

// In `leaving` all is due that may have been on its way when the node said goodbye.
const afterCoordinator: Table<CoordinatorMessage['type']> = {
  greeting: {},
  greeted: { welcome: 'welcomed' },
  welcomed: { heartbeat: 'welcomed' },
  loading: { data: 'loading', heartbeat: 'loading' },
  member: { step: 'member', evaluate: 'member', heartbeat: 'member' },
  leaving: { data: 'leaving', step: 'leaving', evaluate: 'leaving', heartbeat: 'leaving', goodbye: 'leaving' },
};

/** @throws ProtocolError (out of order) when a node may not say this now */
export function afterNodeMessage(state: ConnectionState, type: NodeMessage['type']): ConnectionState {
  return afterNode[state][type] ?? outOfOrder(state, type);
}

/** @throws ProtocolError (out of order) when a coordinator may not say this now */
export function afterCoordinatorMessage(state: ConnectionState, type: CoordinatorMessage['type']): ConnectionState {
  return afterCoordinator[state][type] ?? outOfOrder(state, type);
}

function outOfOrder(state: ConnectionState, type: string): never {
  throw new ProtocolError('outOfOrder', `${type} is not due while ${state}`);
}
