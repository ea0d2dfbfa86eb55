import type { AcceptedChange, Decision, Ground, MessageAction, Target } from './change.ts';
import { isMessageAction } from './change.ts';
import { canSee, type Member } from './conversation.ts';
import { decideConversation } from './decide-conversation.ts';
import { ChatError, notAMember, notPermitted } from './errors.ts';
import { shownAt, tombstoneOf, type Attachment } from './message.ts';

/** Different emojis that one message takes. */
const maxEmojis = 20;

export const noSuchMessage = (): ChatError =>
  new ChatError('not-found', 'There is no such message in this conversation.');

/** Whether somebody may have a say in what others wrote. */
const isModerator = ({ head }: Ground, { role }: Member): boolean =>
  head.type === 'group' && role !== 'member';

const about = ({ message: { messageId, seq } }: Target) => ({ messageId, seq });

/** A change of one message, and what it rests on. */
interface Case {
  ground: Ground;
  actor: Member;
  target: Target;
  now: Date;
}

/** For changes that need the message's content. */
const requirePresent = ({ target, now }: Case): void => {
  if (shownAt(target.message, now).deletedAt !== null)
    throw new ChatError('message-deleted', 'The message was deleted.');
};

const edit = (messageText: string, given: Case): Decision | null => {
  const { actor, target, now } = given;
  const { message, versions } = target;
  if (message.senderId !== actor.userId || message.type === 'system')
    throw notPermitted('Only its sender can edit a message.');
  requirePresent(given);
  // It names who wrote it: nobody puts words into another's mouth.
  if (message.forwardedFrom !== null) throw notPermitted('A forwarded message cannot be edited.');
  if (message.messageText === messageText) return null;
  return {
    record: { type: 'message.updated', ...about(target) },
    replaced: { messageText: message.messageText, at: message.editedAt ?? message.createdAt },
    target: {
      ...target,
      message: { ...message, messageText, editedAt: now.toISOString() },
      versions: versions + 1,
    },
  };
};

const remove = ({ ground, actor, target, now }: Case): Decision | null => {
  const { message } = target;
  if (message.type === 'system') throw notPermitted('What the system notes cannot be deleted.');
  if (message.senderId !== actor.userId && !isModerator(ground, actor))
    throw notPermitted('Only its sender, and owners and admins of a group, can delete a message.');
  if (message.deletedAt !== null) return null;
  const { messageText, attachment, attachmentUrl, forwardedFrom, mentions } = message;
  return {
    record: { type: 'message.deleted', ...about(target) },
    target: {
      ...target,
      message: tombstoneOf(message, now.toISOString()),
      kept: { messageText, attachment, attachmentUrl, forwardedFrom, mentions, deletedBy: actor.userId },
    },
  };
};

const restore = ({ ground, actor, target, now }: Case): Decision | null => {
  const { message, kept } = target;
  if (message.deletedAt === null) return null;
  if (!kept) throw new ChatError('message-deleted', 'The message is gone for good.');
  if (kept.deletedBy !== actor.userId && !isModerator(ground, actor))
    throw notPermitted('Only who deleted a message, and owners and admins of a group, can restore it.');
  const { deletedBy: _, ...content } = kept;
  const { reactions } = target;
  const restored = { ...target, message: { ...message, ...content, reactions, deletedAt: null }, kept: null };
  requirePresent({ ground, actor, target: restored, now });
  return { record: { type: 'message.updated', ...about(target) }, target: restored };
};

const react = (emoji: string, isAdded: boolean, given: Case): Decision | null => {
  requirePresent(given);
  const { userId } = given.actor;
  const { reactions } = given.target;
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  if ((known?.userIds.includes(userId) ?? false) === isAdded) return null;
  if (isAdded && !known && reactions.length >= maxEmojis)
    throw notPermitted(`A message takes at most ${maxEmojis} different emojis.`);
  const type = isAdded ? 'reaction.added' : 'reaction.removed';
  return { record: { type, ...about(given.target), emoji, userId }, reaction: { emoji, userId, isAdded } };
};

const pin = (pinned: boolean, given: Case): Decision | null => {
  const { ground, actor, target } = given;
  if (ground.head.type === 'group' && !isModerator(ground, actor))
    throw notPermitted('Only owners and admins of a group can pin messages.');
  requirePresent(given);
  if (target.message.pinned === pinned) return null;
  return {
    record: { type: pinned ? 'message.pinned' : 'message.unpinned', ...about(target) },
    target: { ...target, message: { ...target.message, pinned } },
  };
};

/** Not asked for by a member, but found out about a file: who uploaded it may have left, the message may be deleted. */
const makeAvailable = (attachmentId: string, target: Target, now: Date): Decision | null => {
  const { message, kept } = target;
  const attachment = message.attachment ?? kept?.attachment;
  if (attachment?.attachmentId !== attachmentId || attachment.availableAt !== null) return null;
  const available: Attachment = { ...attachment, availableAt: now.toISOString() };
  return {
    record: { type: 'attachment.available', ...about(target), attachmentId },
    target: message.attachment
      ? { ...target, message: { ...message, attachment: available } }
      : { ...target, kept: kept && { ...kept, attachment: available } },
  };
};

const decideMessage = (
  action: Exclude<MessageAction, { type: 'make-available' }>,
  given: Case,
): Decision | null => {
  switch (action.type) {
    case 'edit':
      return edit(action.messageText, given);
    case 'delete':
      return remove(given);
    case 'restore':
      return restore(given);
    case 'react':
    case 'unreact':
      return react(action.emoji, action.type === 'react', given);
    case 'pin':
    case 'unpin':
      return pin(action.type === 'pin', given);
  }
};

/** What a decision rests on besides the conversation. */
export interface Circumstances {
  now: Date;
  /** Members that a group may have. */
  maxMembers: number;
}

/**
 * What a change makes of what there is; null if it changes nothing. The same rule answers the one who asks, and decides
 * when its turn has come, for what it rests on may have changed by then.
 * @throws ChatError `not-a-member`, `not-found` (no such message or member), `not-permitted`, `message-deleted`,
 * `not-a-group`, `last-owner`, `group-full`
 */
export const decideChange = (
  { action }: Pick<AcceptedChange, 'action'>,
  ground: Ground,
  { now, maxMembers }: Circumstances,
): Decision | null => {
  const { actor, target } = ground;
  if (action.type === 'make-available')
    return target ? makeAvailable(action.attachmentId, target, now) : null;
  if (!actor) throw notAMember();
  if (!isMessageAction(action)) return decideConversation(action, ground, actor, maxMembers);
  if (!target || !canSee(actor, target.message.seq)) throw noSuchMessage();
  return decideMessage(action, { ground, actor, target, now });
};
