import type { ServerEvent } from '../domain/event.ts';

/** Live delivery. A push is a hint, never a proof of delivery. */
export interface Broadcaster {
  /** To every device of a user. Resolves when the service took it, also when nobody is there. */
  toUser(userId: string, event: ServerEvent): Promise<void>;

  /** To one device. */
  toConnection(connectionId: string, event: ServerEvent): Promise<void>;

  /** A URL with which one client of this user can connect. */
  clientUrl(userId: string): Promise<{ url: string; expiresAt: Date }>;
}
