import type { Library } from './library.ts';

/** What scenarios know of a chat system; the same for each system that is compared. */
export interface ChatSystem {
  readonly name: SystemName;
  /** Process ids of its servers by role. Descendants count with them. */
  readonly processes: Readonly<Record<string, number>>;
  /** Messages per second at which the search for the highest rate begins. */
  readonly firstRate: number;
  /** Messages so far that came again to a device that knew them, and were not shown again. */
  repeats(): number;
  /** Connects a user's device; resolves when it can receive. `onMessage` is given each message of somebody else. */
  connect(userId: string, onMessage?: (text: string) => void): Promise<ChatUser>;
  /** Creates a group; resolves to its id when everybody is in it. */
  createGroup(ownerId: string, memberIds: readonly string[]): Promise<string>;
  /** What scenarios of reading read; those who have none are left out of them. */
  readonly library?: Library;
  stop(): Promise<void>;
}

export type SystemName = 'parley' | 'rival';

/** A connected device. */
export interface ChatUser {
  /**
   * Resolves when the system has promised to keep the message. Messages of one device are sent in the order of the
   * calls.
   * @throws Error when it was refused
   */
  send(to: string, text: string): Promise<void>;
  /** As `send`, to a group that the user is in. @throws Error when it was refused */
  sendToGroup(groupId: string, text: string): Promise<void>;
  /** Texts of all messages that came while the user was offline, in their order. */
  fetchMissed(): Promise<string[]>;
  /** Resolves when the connection is closed. */
  close(): Promise<void>;
}
