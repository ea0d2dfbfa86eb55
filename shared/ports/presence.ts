/** Who is online: a lease per connection, shared by all instances. */
export interface Presence {
  /** A repeated or late `connected` after its own `disconnected` changes nothing. */
  connected(userId: string, connectionId: string, at: Date): Promise<void>;

  disconnected(userId: string, connectionId: string, at: Date): Promise<void>;

  /**
   * Whether any device of the user is connected.
   * @param freshness `cached` may be a second or two old; `now` asks again.
   */
  isOnline(userId: string, freshness: 'cached' | 'now'): Promise<boolean>;
}
