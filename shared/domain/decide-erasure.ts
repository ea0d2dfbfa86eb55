import type { AcceptedChange, Decision, ErasureAction, Ground, Target } from './change.ts';
import type { Member } from './conversation.ts';
import { tombstoneOf } from './message.ts';

/** Content, what was kept of it and earlier versions go for good; the place stays. */
const eraseMessage = (target: Target, now: Date): Decision | null => {
  const { message, kept, versions } = target;
  const { messageId, seq } = message;
  if (message.deletedAt !== null && !kept && versions === 0) return null;
  return {
    record: { type: 'message.deleted', messageId, seq },
    target: {
      ...target,
      message: tombstoneOf(message, message.deletedAt ?? now.toISOString()),
      kept: null,
      versions: 0,
    },
  };
};

const eraseReaction = (target: Target, emoji: string, userId: string): Decision | null => {
  const known = target.reactions.find((reaction) => reaction.emoji === emoji);
  if (!known?.userIds.includes(userId)) return null;
  const { messageId, seq } = target.message;
  return {
    record: { type: 'reaction.removed', messageId, seq, emoji, userId },
    reaction: { emoji, userId, isAdded: false },
  };
};

const isActive = ({ leftSeq }: Member): boolean => leftSeq === null;

/** Who has been there longest comes first, admins before others. */
const bySeniority = (a: Member, b: Member): number => {
  const rank = ({ role }: Member): number => (role === 'admin' ? 0 : 1);
  return rank(a) - rank(b) || a.joinedSeq - b.joinedSeq || (a.userId < b.userId ? -1 : 1);
};

/** A group whose last owner goes gets another one, if anybody is left. */
const handOver = ({ head, members }: Ground, actor: Member): Decision | null => {
  if (head.type !== 'group' || actor.role !== 'owner') return null;
  const others = members.filter((member) => isActive(member) && member.userId !== actor.userId);
  const [heir] = others.toSorted(bySeniority);
  if (!heir || others.some(({ role }) => role === 'owner')) return null;
  return {
    record: { type: 'member.updated', userId: heir.userId, role: 'owner' },
    members: [{ ...heir, role: 'owner' }],
    note: { event: 'member.updated', userId: heir.userId, role: 'owner' },
  };
};

/** Unlike who leaves, who is erased sees nothing of before, should there ever be somebody of this id again. */
const leave = ({ head, members }: Ground, actor: Member): Decision => {
  const { userId } = actor;
  const isLast = !members.some((member) => isActive(member) && member.userId !== userId);
  const { headSeq, retentionSeconds, earlierHistory } = head;
  return {
    record: { type: 'member.removed', userId },
    members: [{ ...actor, leftSeq: headSeq, hidden: headSeq > 0 ? [[1, headSeq]] : [] }],
    note: { event: 'member.left', userId },
    ...(head.type === 'direct' && { directMembers: head.directMembers.filter((id) => id !== userId) }),
    ...(isLast && { settings: { title: null, metadata: null, retentionSeconds, earlierHistory } }),
  };
};

/** What the erasure of a user makes of what there is; null if there is nothing (any more) to erase. */
export const decideErasure = (
  { action, userId }: Pick<AcceptedChange<ErasureAction>, 'action' | 'userId'>,
  ground: Ground,
  now: Date,
): Decision | null => {
  const { actor, target } = ground;
  switch (action.type) {
    case 'erase-message':
      return target ? eraseMessage(target, now) : null;
    case 'erase-reaction':
      return target ? eraseReaction(target, action.emoji, userId) : null;
    case 'hand-over':
      return actor ? handOver(ground, actor) : null;
    case 'erase-member':
      return actor ? leave(ground, actor) : null;
  }
};
