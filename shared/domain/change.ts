import { placedAt, type Head, type Member, type Metadata, type Role } from './conversation.ts';
import { noteIdOf } from './identifiers.ts';
import {
  expiryOf,
  untouched,
  type LoggedMessage,
  type MessageContent,
  type Reaction,
  type SystemNote,
} from './message.ts';

/** What a member may ask to be changed about what is already there. */
export type ChangeAction = MessageAction | ConversationAction;

export type MessageAction =
  | { type: 'edit'; messageId: string; messageText: string }
  | { type: 'delete' | 'restore' | 'pin' | 'unpin'; messageId: string }
  | { type: 'react' | 'unreact'; messageId: string; emoji: string }
  /** Its attachment has been found good. Nobody can ask for this by itself. */
  | { type: 'make-available'; messageId: string; attachmentId: string };

export type ConversationAction =
  | { type: 'update'; settings: Partial<Settings> }
  | { type: 'add-members'; userIds: string[]; role: Role }
  | { type: 'remove-member'; userId: string }
  | { type: 'set-role'; userId: string; role: Role };

/** What the erasure of a user does to a conversation. Nobody can ask for one of these by itself. */
export type ErasureAction =
  | { type: 'erase-message'; messageId: string }
  | { type: 'erase-reaction'; messageId: string; emoji: string }
  | { type: 'hand-over' | 'erase-member' };

/** What owners and admins may set of a conversation. */
export type Settings = Pick<Head, 'title' | 'metadata' | 'retentionSeconds' | 'earlierHistory'>;

/** A change that the queue holds: authorised when it was asked for, without a `rev` yet. */
export interface AcceptedChange<A = ChangeAction> {
  /** Names the change for ever, whoever tells it again. */
  changeId: string;
  conversationId: string;
  /** Who asks for it. */
  userId: string;
  acceptedAt: string;
  action: A;
}

/** For each type one of its own, so that they can be told apart. */
type OfMessage<T extends string, More = unknown> = T extends string
  ? { type: T; messageId: string; seq: number } & More
  : never;

/** What happened, in the words of the events that tell it. */
export type ChangeRecord =
  | OfMessage<'message.updated' | 'message.deleted' | 'message.pinned' | 'message.unpinned'>
  | OfMessage<'reaction.added' | 'reaction.removed', { emoji: string; userId: string }>
  | OfMessage<'attachment.available', { attachmentId: string }>
  | { type: 'conversation.updated'; title: string | null; metadata: Metadata | null }
  | { type: 'member.added'; userIds: string[]; role: Role }
  | { type: 'member.removed'; userId: string }
  | { type: 'member.updated'; userId: string; role: Role };

/** A change in the log: `rev` numbers those of a conversation without a hole. */
export type LoggedChange = ChangeRecord & {
  rev: number;
  at: string;
  /** Who did it. */
  by: string;
};

/** A message that a change is about, with what only changes need to know of it. */
export interface Target {
  message: LoggedMessage;
  /** What its tombstone hides, until retention ends. */
  kept: KeptContent | null;
  /** Those it has, also while it is deleted. */
  reactions: Reaction[];
  /** Earlier versions that are kept. */
  versions: number;
}

export interface KeptContent extends MessageContent {
  mentions: string[];
  deletedBy: string;
}

/** A text that an edit replaced. */
export interface Version {
  messageText: string | null;
  /** When it was written. */
  at: string;
}

/** What a change rests on, as it stands. */
export interface Ground {
  head: Head;
  /** Who asks for it; undefined: not a member (any more). */
  actor: Member | undefined;
  /** The message it is about, if there is one of this id. */
  target: Target | undefined;
  /** Of a change of members: all there are, and those who have left. */
  members: Member[];
}

/** What is to be written, all of it or nothing. */
export interface Decision {
  record: ChangeRecord;
  /** The message as it is to be. */
  target?: Target;
  /** The text that it had. */
  replaced?: Version;
  reaction?: { emoji: string; userId: string; isAdded: boolean };
  settings?: Settings;
  members?: Member[];
  /** Of a direct conversation: the users it has left. */
  directMembers?: string[];
  /** Told in the log, too. */
  note?: SystemNote;
}

/** Whether an action is about one message. */
export const isMessageAction = <A extends ChangeAction | ErasureAction>(
  action: A,
): action is Extract<A, { messageId: string }> => 'messageId' in action;

/** The message that notes a change in the log, at the next place. */
export const noteOf = (
  { changeId, conversationId, userId }: Pick<AcceptedChange, 'changeId' | 'conversationId' | 'userId'>,
  system: SystemNote,
  { headSeq, lastActivityAt, retentionSeconds }: Head,
  now: Date,
): LoggedMessage => {
  const createdAt = placedAt(now, lastActivityAt);
  return {
    ...untouched,
    messageId: noteIdOf(changeId),
    conversationId,
    seq: headSeq + 1,
    senderId: userId,
    clientMessageId: changeId,
    type: 'system',
    system,
    messageText: null,
    attachment: null,
    attachmentUrl: null,
    forwardedFrom: null,
    replyTo: null,
    mentions: [],
    expiresAt: expiryOf(null, retentionSeconds, createdAt),
    createdAt,
  };
};

/** A message with one reaction more, or less. */
export const withReaction = (
  message: LoggedMessage,
  { emoji, userId, isAdded }: NonNullable<Decision['reaction']>,
): LoggedMessage => {
  const known = message.reactions.find((reaction) => reaction.emoji === emoji)?.userIds ?? [];
  const others = known.filter((id) => id !== userId);
  const userIds = isAdded ? [...others, userId] : others;
  const rest = message.reactions.filter((reaction) => reaction.emoji !== emoji);
  return { ...message, reactions: userIds.length > 0 ? [...rest, { emoji, userIds }] : rest };
};

/** The message that a change is about, as the change leaves it. */
export const messageAfter = (
  { target: after, reaction }: Decision,
  before: Target | undefined,
): LoggedMessage | undefined => {
  const message = after?.message ?? before?.message;
  return message && reaction ? withReaction(message, reaction) : message;
};
