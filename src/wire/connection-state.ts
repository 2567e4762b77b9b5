// The states of a connection, and in which of them a message is due: the diagram of PROTOCOL.md as two tables, with a row for
// each type of message. Both ends hold one state each and move it by what they send and what they receive.

import type { CoordinatorMessage, NodeMessage } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * greeting: the socket is open. greeted: hello was said. welcomed: the node is preparing. loading: it is being sent the
 * dataset. member: it may be given work. leaving: it will be given no more work, and answers what it holds.
 */
export type ConnectionState = 'greeting' | 'greeted' | 'welcomed' | 'loading' | 'member' | 'leaving';

/** Of each type: from each state in which it is due, to the one that follows. */
type Table<Type extends string> = Readonly<Record<Type, Readonly<Partial<Record<ConnectionState, ConnectionState>>>>>;

const answer = { member: 'member', leaving: 'leaving' } as const;
const heartbeat = { welcomed: 'welcomed', loading: 'loading', member: 'member', leaving: 'leaving' } as const;

const afterNode: Table<NodeMessage['type']> = {
  hello: { greeting: 'greeted' },
  'need-data': { welcomed: 'loading' },
  ready: { welcomed: 'member', loading: 'member' },
  'tree-node': answer,
  evaluated: answer,
  'attempt-failed': answer,
  heartbeat,
  goodbye: { welcomed: 'leaving', loading: 'leaving', member: 'leaving' },
};

// In `leaving` all is due that may have been on its way when the node said goodbye.
const afterCoordinator: Table<CoordinatorMessage['type']> = {
  welcome: { greeted: 'welcomed' },
  data: { loading: 'loading', leaving: 'leaving' },
  step: { member: 'member', leaving: 'leaving' },
  evaluate: { member: 'member', leaving: 'leaving' },
  heartbeat,
  goodbye: { leaving: 'leaving' },
  // what the node has on its way stays due: its end is the close that follows
  outcome: { greeted: 'greeted', ...heartbeat },
};

/** @throws ProtocolError (out of order) when a node may not say this now */
export function afterNodeMessage(state: ConnectionState, type: NodeMessage['type']): ConnectionState {
  return afterNode[type][state] ?? outOfOrder(state, type);
}

/** @throws ProtocolError (out of order) when a coordinator may not say this now */
export function afterCoordinatorMessage(state: ConnectionState, type: CoordinatorMessage['type']): ConnectionState {
  return afterCoordinator[type][state] ?? outOfOrder(state, type);
}

function outOfOrder(state: ConnectionState, type: string): never {
  throw new ProtocolError('outOfOrder', `${type} is not due while ${state}`);
}
