import type { ConversationAction, Decision, Ground, Settings } from './change.ts';
import { joined, type Member, type Role } from './conversation.ts';
import { ChatError, notPermitted } from './errors.ts';

const requireGroup = ({ head }: Ground): void => {
  if (head.type === 'group') return;
  throw new ChatError(
    'not-a-group',
    'A direct conversation has its two members for ever. It can be archived.',
  );
};

const requireModerator = ({ role }: Member, what: string): void => {
  if (role === 'member') throw notPermitted(`Only owners and admins can ${what}.`);
};

/** Owners are made and unmade by owners only. */
const requireRank = (actor: Member, ...roles: Role[]): void => {
  if (actor.role !== 'owner' && roles.includes('owner'))
    throw notPermitted('Only owners can make, change or remove owners.');
};

const isActive = ({ leftSeq }: Member): boolean => leftSeq === null;

const activeMember = ({ members }: Ground, userId: string): Member => {
  const member = members.find((one) => one.userId === userId && isActive(one));
  if (!member) throw new ChatError('not-found', 'There is no such member in this conversation.');
  return member;
};

/** A group always has somebody who can do everything: only the very last member may go as its owner. */
const requireAnotherOwner = ({ members }: Ground, { userId, role }: Member, isLeaving: boolean): void => {
  const others = members.filter((one) => isActive(one) && one.userId !== userId);
  if (role !== 'owner' || others.some((one) => one.role === 'owner')) return;
  if (isLeaving && others.length === 0) return;
  throw new ChatError('last-owner', 'The last owner of a group first makes somebody else an owner.');
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const update = (settings: Partial<Settings>, ground: Ground, actor: Member): Decision | null => {
  const { head } = ground;
  if (settings.title !== undefined) requireGroup(ground);
  if (head.type === 'group') requireModerator(actor, 'change a group');
  const { title, metadata, retentionSeconds, earlierHistory } = head;
  const before: Settings = { title, metadata, retentionSeconds, earlierHistory };
  const after = { ...before, ...settings };
  if (same(before, after)) return null;
  return {
    record: { type: 'conversation.updated', title: after.title, metadata: after.metadata },
    settings: after,
    ...(after.title !== before.title && { note: { event: 'conversation.updated', title: after.title } }),
  };
};

const add = (
  { userIds, role }: { userIds: string[]; role: Role },
  ground: Ground,
  actor: Member,
  maxMembers: number,
): Decision | null => {
  requireGroup(ground);
  requireModerator(actor, 'add members');
  requireRank(actor, role);
  const known = new Map(ground.members.map((member) => [member.userId, member]));
  const added = [...new Set(userIds)].filter((userId) => known.get(userId)?.leftSeq !== null);
  if (added.length === 0) return null;
  const count = ground.members.filter(isActive).length + added.length;
  if (count > maxMembers)
    throw new ChatError(
      'group-full',
      `A group has at most ${maxMembers} members; this one would have ${count}.`,
    );
  // The note of their joining is nothing new to them.
  const readSeq = ground.head.headSeq + 1;
  return {
    record: { type: 'member.added', userIds: added, role },
    members: added.map((userId) => joined(userId, role, ground.head, readSeq, known.get(userId))),
    note: { event: 'member.added', userIds: added },
  };
};

const remove = (userId: string, ground: Ground, actor: Member): Decision => {
  requireGroup(ground);
  const isLeaving = userId === actor.userId;
  if (!isLeaving) requireModerator(actor, 'remove members');
  const member = activeMember(ground, userId);
  if (!isLeaving) requireRank(actor, member.role);
  requireAnotherOwner(ground, member, isLeaving);
  return {
    record: { type: 'member.removed', userId },
    members: [{ ...member, leftSeq: ground.head.headSeq }],
    note: { event: isLeaving ? 'member.left' : 'member.removed', userId },
  };
};

const setRole = (userId: string, role: Role, ground: Ground, actor: Member): Decision | null => {
  requireGroup(ground);
  requireModerator(actor, 'change roles');
  const member = activeMember(ground, userId);
  requireRank(actor, member.role, role);
  if (member.role === role) return null;
  requireAnotherOwner(ground, member, false);
  return {
    record: { type: 'member.updated', userId, role },
    members: [{ ...member, role }],
    note: { event: 'member.updated', userId, role },
  };
};

/**
 * What a change of a conversation or its members makes of it; null if it changes nothing.
 * @throws ChatError `not-permitted`, `not-a-group`, `not-found` (no such member), `last-owner`, `group-full`
 */
export const decideConversation = (
  action: ConversationAction,
  ground: Ground,
  actor: Member,
  maxMembers: number,
): Decision | null => {
  switch (action.type) {
    case 'update':
      return update(action.settings, ground, actor);
    case 'add-members':
      return add(action, ground, actor, maxMembers);
    case 'remove-member':
      return remove(action.userId, ground, actor);
    case 'set-role':
      return setRole(action.userId, action.role, ground, actor);
  }
};
