/** A GET of Parley's app, named as its route is. */
export interface Question {
  readonly route: 'listMessages' | 'listChanges' | 'listConversations' | 'countUnread' | 'searchMessages';
  readonly userId: string;
  readonly conversationId?: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** What an answer asks of storage. */
export interface StorageUse {
  readonly calls: number;
  /** Rows that were read: what the tables sent. */
  readonly rows: number;
}

/** Much to read, and ways to read it; a system that has none is not compared at reading. */
export interface Library {
  /** What the running app answers. @throws Error when it refuses */
  ask<T>(question: Question): Promise<T>;
  /** What the same takes of storage: the app's own route in this process, on the same tables. */
  use(question: Question): Promise<StorageUse>;
  /** A conversation of two with so many messages, written when it is first asked for. */
  longConversation(messages: number): Promise<LongConversation>;
  /** Gives a user so many direct conversations, each with one unread message. */
  addConversations(userId: string, count: number): Promise<void>;
  /** Edits the last messages of the long conversation. */
  editLast(count: number): Promise<void>;
}

export interface LongConversation {
  readonly conversationId: string;
  /** Who reads; the other one wrote all of it. */
  readonly readerId: string;
  readonly messages: number;
}
