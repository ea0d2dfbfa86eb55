import type { ChangeEvent } from '../shared/domain/event.ts';
import type { Message } from '../shared/domain/message.ts';

/**
 * A message whose content is gone; its place stays. The service has the same rule (`tombstoneOf` of its domain); it is
 * repeated here because the client takes nothing but types from the service.
 * @internal
 */
export const tombstoneOf = (message: Message, deletedAt: string): Message => ({
  ...message,
  messageText: null,
  attachment: null,
  attachmentUrl: null,
  forwardedFrom: null,
  system: null,
  mentions: [],
  reactions: [],
  pinned: false,
  deletedAt,
});

const withReaction = (message: Message, emoji: string, userId: string, isAdded: boolean): Message => {
  const known = message.reactions.find((reaction) => reaction.emoji === emoji)?.userIds ?? [];
  const others = known.filter((id) => id !== userId);
  const userIds = isAdded ? [...others, userId] : others;
  const rest = message.reactions.filter((reaction) => reaction.emoji !== emoji);
  return { ...message, reactions: userIds.length > 0 ? [...rest, { emoji, userIds }] : rest };
};

/** A message as a change leaves it; what is done twice is as if done once. @internal */
export const changedBy = (message: Message, change: ChangeEvent): Message => {
  switch (change.type) {
    case 'message.updated':
      return change.message ?? message;
    case 'message.deleted':
      return tombstoneOf(message, change.at);
    case 'message.pinned':
    case 'message.unpinned':
      return { ...message, pinned: change.type === 'message.pinned' };
    case 'reaction.added':
    case 'reaction.removed':
      return withReaction(message, change.emoji, change.userId, change.type === 'reaction.added');
    default:
      return message;
  }
};
