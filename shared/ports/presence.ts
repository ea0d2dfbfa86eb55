import type { Lease, Standing } from '../domain/presence.ts';

/** Who is online: a lease for each connection, shared by all instances. */
export interface Presence {
  /** A repeated or late `connected` after its own `disconnected` changes nothing. */
  connected(userId: string, connectionId: string, at: Date): Promise<void>;

  /** The user was last seen then. One that is told again leaves a mark, which runs out as a lease does. */
  disconnected(userId: string, connectionId: string, at: Date): Promise<void>;

  /**
   * What is known of a user.
   * @param freshness `cached` may be a second or two old; `now` asks again.
   */
  standing(userId: string, freshness: 'cached' | 'now'): Promise<Standing>;

  /** Notes what the others were last told of a user. */
  noteTold(userId: string, isOnline: boolean): Promise<void>;

  /** Whether any device of the user is connected. @param freshness as above */
  isOnline(userId: string, freshness: 'cached' | 'now'): Promise<boolean>;

  /** The leases that have run out, page by page. What becomes of a page changes nothing about the next. */
  expired(now: Date): AsyncIterable<Lease[]>;

  /** Lets connections count as there for another lease. */
  renew(leases: readonly Lease[], now: Date): Promise<void>;

  /** Lets connections count as there until a second look, soon: the service did not know them. */
  doubt(leases: readonly Lease[], now: Date): Promise<void>;

  /** Forgets connections, whose users were last seen then, or end marks. Repeating it is harmless. */
  end(leases: readonly Lease[], at: Date): Promise<void>;

  /** Forgets all that is known of a user. */
  erase(userId: string): Promise<void>;
}
