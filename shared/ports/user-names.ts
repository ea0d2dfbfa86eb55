/** A name under which a user may be found. */
export interface NameEntry {
  /** Folded, see `nameKey`. */
  key: string;
  userId: string;
}

/**
 * Finds users by the beginning of a name. It may know of names that nobody has (any more): whoever reads it looks at the
 * account as well.
 */
export interface UserNames {
  /** Repeating it changes nothing. @throws ChatError `unavailable` */
  put(userId: string, keys: readonly string[]): Promise<void>;

  /** What is not there stays so. @throws ChatError `unavailable` */
  remove(userId: string, keys: readonly string[]): Promise<void>;

  /** Entries whose key begins so, in an order that stays the same. @param after the entry to go on behind */
  find(prefix: string, limit: number, after: NameEntry | undefined): Promise<NameEntry[]>;
}
