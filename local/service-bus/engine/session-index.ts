import type { Deadline } from './deadlines.ts';
import type { BrokerError } from './errors.ts';
import type { Consumer, Lock } from './message.ts';
import { ReadyList } from './ready-list.ts';

/** Messages with one session id. It exists while it has messages, an owner or a state. */
export interface Session {
  readonly id: string;
  readonly ready: ReadyList;
  /** Locks of its messages; they end with the session's lock. */
  readonly held: Set<Lock>;
  /** Messages that are active: ready or locked. */
  active: number;
  owner: SessionOwner | undefined;
  state: Buffer | undefined;
  stateChangedAt: number;
}

interface SessionOwner {
  readonly consumer: Consumer;
  /** The owner takes messages of many sessions: it owns this one until it has settled one message. */
  readonly forOneMessage: boolean;
  lockedUntil: number;
  deadline: Deadline;
}

/** A receiver that waits for the next session that has messages and no owner. */
export interface SessionWaiter {
  readonly consumer: Consumer;
  granted(session: Session): void;
  /** There will be none: the entity is gone. */
  refused(error: BrokerError): void;
}

export class SessionIndex {
  readonly #sessions = new Map<string, Session>();
  /** Sessions with ready messages and no owner, the longest waiting first. */
  readonly available = new Set<Session>();
  readonly waiters = new Set<SessionWaiter>();
  /** Sessions whose single owner may take more. */
  readonly pumps = new Set<Session>();

  readonly #owned = new Map<Consumer, Set<Session>>();

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  obtain(id: string): Session {
    let session = this.#sessions.get(id);
    if (!session) {
      session = {
        id,
        ready: new ReadyList(),
        held: new Set(),
        active: 0,
        owner: undefined,
        state: undefined,
        stateChangedAt: 0,
      };
      this.#sessions.set(id, session);
    }
    return session;
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The sessions a receiver owns now. */
  ownedBy(consumer: Consumer): readonly Session[] {
    return [...(this.#owned.get(consumer) ?? [])];
  }

  setOwner(session: Session, owner: SessionOwner | undefined): void {
    if (session.owner) this.#disown(session, session.owner.consumer);
    session.owner = owner;
    if (!owner) return;
    const owned = this.#owned.get(owner.consumer);
    if (owned) owned.add(session);
    else this.#owned.set(owner.consumer, new Set([session]));
  }

  #disown(session: Session, consumer: Consumer): void {
    const owned = this.#owned.get(consumer);
    owned?.delete(session);
    if (owned?.size === 0) this.#owned.delete(consumer);
  }

  /** Brings the indexes in line with a session that changed, and drops it when nothing is left of it. */
  settle(session: Session): void {
    if (session.ready.size > 0 && !session.owner) this.available.add(session);
    else this.available.delete(session);
    if (session.ready.size > 0 && session.owner && !session.owner.forOneMessage) this.pumps.add(session);
    else this.pumps.delete(session);
    if (session.active === 0 && !session.owner && !session.state && session.held.size === 0) {
      this.#sessions.delete(session.id);
    }
  }
}
