import type { Filter } from '../codec/filter/types.ts';
import { type MessageOrigin, OutgoingMessage, type StreamPosition } from '../codec/outgoing-message.ts';
import type { Payload } from '../codec/payload.ts';
import { Session, type SessionIdentity, type SessionOwner } from './session.ts';
import type { Limits } from './limits.ts';
import type { Witness } from './witness.ts';

type Index = Map<string, Set<Session>>;

const addTo = (index: Index, key: string, session: Session): void => {
  const sessions = index.get(key);
  if (sessions) sessions.add(session);
  else index.set(key, new Set([session]));
};

const removeFrom = (index: Index, key: string, session: Session): void => {
  const sessions = index.get(key);
  if (sessions?.delete(session) && sessions.size === 0) index.delete(key);
};

/** Which of the addressed connections are left out. */
export interface Selection {
  readonly filter?: Filter | undefined;
  readonly excluded?: ReadonlySet<string> | undefined;
}

const select = (sessions: Iterable<Session>, { filter, excluded }: Selection): Session[] => {
  const selected: Session[] = [];
  for (const session of sessions) {
    if (excluded?.has(session.connectionId) !== true && filter?.(session) !== false) selected.push(session);
  }
  return selected;
};

/** The connections of one hub, by connection, user and group. Groups and users exist while a connection is in them. */
export class Hub implements SessionOwner {
  readonly name: string;
  readonly #limits: Limits;
  readonly #onEnded: (session: Session, reason: string) => void;
  readonly witness: Witness | undefined;
  readonly #connections = new Map<string, Session>();
  readonly #users: Index = new Map();
  readonly #groups: Index = new Map();

  constructor(
    name: string,
    limits: Limits,
    onEnded: (session: Session, reason: string) => void,
    witness?: Witness,
  ) {
    this.name = name;
    this.#limits = limits;
    this.#onEnded = onEnded;
    this.witness = witness;
  }

  /** Begins a session; it has no socket yet. */
  open(identity: SessionIdentity, groups: Iterable<string>): Session {
    const session = new Session(identity, this, this.#limits);
    this.#connections.set(session.connectionId, session);
    if (session.userId !== null) addTo(this.#users, session.userId, session);
    for (const group of groups) session.join(group);
    this.witness?.opened(session);
    return session;
  }

  connection(connectionId: string): Session | undefined {
    return this.#connections.get(connectionId);
  }

  connections(selection: Selection = {}): Session[] {
    return select(this.#connections.values(), selection);
  }

  ofUser(userId: string, selection: Selection = {}): Session[] {
    return select(this.#users.get(userId) ?? [], selection);
  }

  ofGroup(group: string, selection: Selection = {}): Session[] {
    return select(this.#groups.get(group) ?? [], selection);
  }

  hasUser(userId: string): boolean {
    return this.#users.has(userId);
  }

  hasGroup(group: string): boolean {
    return this.#groups.has(group);
  }

  sendToAll(payload: Payload, selection: Selection): void {
    deliver(this.connections(selection), payload, { from: 'server' });
  }

  sendToUser(userId: string, payload: Payload, selection: Selection): void {
    deliver(this.ofUser(userId, selection), payload, { from: 'server' });
  }

  sendToConnection(connectionId: string, payload: Payload): void {
    const session = this.connection(connectionId);
    if (session) deliver([session], payload, { from: 'server' });
  }

  /** @param fromUserId - the user whose connection published it; null when the server did */
  sendToGroup(
    group: string,
    payload: Payload,
    fromUserId: string | null,
    selection: Selection,
    stream?: StreamPosition,
  ): void {
    deliver(this.ofGroup(group, selection), payload, { from: 'group', group, fromUserId }, stream);
  }

  joined(session: Session, group: string): void {
    addTo(this.#groups, group, session);
  }

  left(session: Session, group: string): void {
    removeFrom(this.#groups, group, session);
  }

  ended(session: Session, reason: string): void {
    this.#connections.delete(session.connectionId);
    if (session.userId !== null) removeFrom(this.#users, session.userId, session);
    this.witness?.ended(session, reason);
    this.#onEnded(session, reason);
  }
}

const deliver = (
  sessions: readonly Session[],
  payload: Payload,
  origin: MessageOrigin,
  stream?: StreamPosition,
): void => {
  if (sessions.length === 0) return;
  const message = new OutgoingMessage(payload, origin, stream);
  for (const session of sessions) session.deliver(message);
};
