import type { ServerEvent } from '../domain/event.ts';

/** Live delivery. A push is a hint, never a proof of delivery. */
export interface Broadcaster {
  /** To every device of a user. Resolves when the service took it, also when nobody is there. */
  toUser(userId: string, event: ServerEvent): Promise<void>;

  /** To every device of every member of a group conversation that is online. */
  toGroup(conversationId: string, event: ServerEvent): Promise<void>;

  /** From now on these users' connected devices get what is sent to the group. */
  join(conversationId: string, userIds: readonly string[]): Promise<void>;

  /** From now on none of this user's devices gets what is sent to the group. */
  leave(conversationId: string, userId: string): Promise<void>;

  /** Whether the service still has a connection. */
  isConnected(connectionId: string): Promise<boolean>;

  /** Ends a connection; the client may come back at once. */
  close(connectionId: string, reason: string): Promise<void>;

  /** Ends all connections of a user; none is no error. */
  closeUser(userId: string, reason: string): Promise<void>;

  /** Ends the connections that were let in with a token; none is no error. */
  closeOpenedWith(tokenId: string, reason: string): Promise<void>;

  /** To one device. */
  toConnection(connectionId: string, event: ServerEvent): Promise<void>;

  /** A URL with which one client of this user can connect. */
  clientUrl(userId: string): Promise<{ url: string; expiresAt: Date }>;
}
