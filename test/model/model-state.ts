import type { Role } from '../../shared/domain/conversation.ts';
import type { SystemNote } from '../../shared/domain/message.ts';

/** Members that a group may have. */
export const maxMembers = 4;

export interface ModelMessage {
  id: string;
  seq: number;
  sender: string;
  text: string | null;
  system: SystemNote | null;
  expiresAt: string | null;
  isEdited: boolean;
  pinned: boolean;
  /** `emoji user` */
  reactions: Set<string>;
  /** Earlier texts. */
  versions: (string | null)[];
  deletedBy: string | null;
  /** Step at which it was edited or deleted last. */
  changedAt: number;
}

export interface ModelMember {
  role: Role;
  isIn: boolean;
  /** Step at which the user went. */
  outSince: number;
  leftSeq: number;
  hidden: Set<number>;
  readSeq: number;
  /** All that has reached the user. */
  delivered: Set<number>;
}

/** What is to be found among the changes. */
export type ModelChange = { type: string; by: string } & Record<string, unknown>;

/** The time of all conversations. */
export interface ModelTime {
  /** ISO 8601 */
  now: () => string;
  /** Counts what happens. */
  step: number;
}
