import type { ConversationView, NewConversationRequest } from '../contract/conversations.ts';
import { newDirectConversation, type NewConversation } from '../domain/conversation.ts';
import { malformed } from '../domain/errors.ts';
import type { ServerEvent } from '../domain/event.ts';
import { directConversationId, groupConversationId, newGroupConversationId } from '../domain/identifiers.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Directory } from '../ports/directory.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { viewOf, type ViewParts } from './conversation-view.ts';
import { requireMember } from './membership.ts';
import { requireAccepted } from './require-accepted.ts';
import { requireUnblocked } from './require-unblocked.ts';
import { requireUsers } from './require-users.ts';

export interface CreateConversationParts extends ViewParts {
  log: Pick<ConversationLog, 'create' | 'member' | 'members' | 'listing' | 'countOfOthers'>;
  broadcaster: Pick<Broadcaster, 'join' | 'toUser' | 'toGroup'>;
  directory: Directory;
  blocks: Pick<Blocks, 'blockersIn'>;
  moderator: Moderator;
  rateLimiter: RateLimiter;
  clock: Clock;
}

const direct = (createdBy: string, memberIds: readonly string[]): NewConversation => {
  const [other, ...more] = memberIds.filter((userId) => userId !== createdBy);
  if (other === undefined || more.length > 0)
    throw malformed('/memberIds', 'must name the one other user of a direct conversation');
  return newDirectConversation(directConversationId(createdBy, other), createdBy, [createdBy, other]);
};

const group = (createdBy: string, request: NewConversationRequest): NewConversation => {
  const { externalRef, memberIds, title = null, metadata = null } = request;
  const { retentionSeconds = null, earlierHistory = 'visible' } = request;
  return {
    conversationId: externalRef === undefined ? newGroupConversationId() : groupConversationId(externalRef),
    type: 'group',
    title,
    metadata,
    retentionSeconds,
    earlierHistory,
    externalRef: externalRef ?? null,
    createdBy,
    members: [
      { userId: createdBy, role: 'owner' },
      ...memberIds
        .filter((userId) => userId !== createdBy)
        .map((userId) => ({ userId, role: 'member' as const })),
    ],
  };
};

/** Tells the members who are connected. A lost one does no harm: at the next connection they are told all. */
const announce = async (
  { broadcaster, clock }: CreateConversationParts,
  { conversationId, type, createdBy, members }: NewConversation,
): Promise<void> => {
  const event: ServerEvent = {
    type: 'conversation.created',
    at: clock.now().toISOString(),
    conversationId,
    by: createdBy,
  };
  const userIds = members.map(({ userId }) => userId);
  if (type === 'direct') {
    await Promise.allSettled(userIds.map((userId) => broadcaster.toUser(userId, event)));
    return;
  }
  await broadcaster.join(conversationId, userIds);
  await broadcaster.toGroup(conversationId, event).catch(() => undefined);
};

/**
 * Creates a conversation with its members, or answers the one that there is: a pair of users has one, and so has an
 * `externalRef`. Safe to repeat.
 * @throws ChatError `rate-limited`, `malformed-request`, `not-found` (a member that there is not), `blocked` (by the other
 * of a direct conversation), `message-rejected` (the title), `not-a-member` (the existing one is not the caller's), `unavailable`
 */
export const createConversation =
  (parts: CreateConversationParts) =>
  async (
    createdBy: string,
    request: NewConversationRequest,
  ): Promise<{ conversation: ConversationView; isNew: boolean }> => {
    await parts.rateLimiter.take('create', createdBy);
    const memberIds = await requireUsers(parts.directory, request.memberIds, createdBy);
    const conversation =
      request.type === 'direct' ? direct(createdBy, memberIds) : group(createdBy, { ...request, memberIds });
    await requireUnblocked(parts.blocks, conversation.conversationId, createdBy);
    await requireAccepted(parts.moderator, { text: conversation.title, userId: createdBy });
    const { head, isNew } = await parts.log.create(conversation, parts.clock.now());
    const own = await requireMember(parts.log, head.conversationId, createdBy);
    const listing = await parts.log.listing(head.conversationId, createdBy);
    const view = await viewOf(parts, { head, own, listing });
    // Also when it was there already: the first try may have died before its members' devices had joined.
    await announce(parts, { ...conversation, members: view.members });
    return { conversation: view, isNew };
  };
