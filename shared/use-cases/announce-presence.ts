import { forEach } from '../domain/chunks.ts';
import type { ServerEvent } from '../domain/event.ts';
import { isGroup } from '../domain/identifiers.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Presence } from '../ports/presence.ts';
import { isSilenced } from './require-unblocked.ts';

export interface AnnouncePresenceParts {
  log: Pick<ConversationLog, 'listingsOf' | 'head' | 'memberIds'>;
  presence: Pick<Presence, 'standing' | 'noteTold' | 'isOnline'>;
  broadcaster: Pick<Broadcaster, 'toUser' | 'toGroup'>;
  blocks: Pick<Blocks, 'blockersIn'>;
  clock: Clock;
  /** Members of larger groups are not told: n people who come and go would be n² events. 0: no group is. */
  presenceGroupSize: number;
}

/** Conversations told of one coming or going; a user may be in any number of them. */
const maxConversations = 200;

/** Heads read and pushes under way at once. */
const concurrency = 16;

/** Looks in a row: each one more only because somebody came or went during the one before. */
const maxLooks = 3;

interface Audience {
  groups: string[];
  /** Partners of direct conversations who are in none of these groups. */
  users: { userId: string; conversationId: string }[];
}

/** Who shares a conversation with a user and can be told at little cost. Archived conversations count for little. */
const audienceOf = async (
  { log, presenceGroupSize }: AnnouncePresenceParts,
  userId: string,
): Promise<Audience> => {
  const listings = await log.listingsOf(userId);
  const told = listings
    .toSorted((a, b) => Number(a.archivedAt !== null) - Number(b.archivedAt !== null))
    .slice(0, maxConversations)
    .filter(({ conversationId }) => presenceGroupSize > 0 || !isGroup(conversationId));
  const groups: string[] = [];
  const [reached, partners] = [new Set([userId]), new Map<string, string>()];
  await forEach(told, concurrency, async ({ conversationId }) => {
    const head = await log.head(conversationId);
    if (!head) return;
    const members = await log.memberIds(head);
    if (!members.includes(userId)) return;
    if (head.type === 'direct') for (const member of members) partners.set(member, conversationId);
    else if (members.length <= presenceGroupSize) {
      groups.push(conversationId);
      for (const member of members) reached.add(member);
    }
  });
  const users = [...partners].filter(([partner]) => !reached.has(partner));
  return { groups, users: users.map(([partner, conversationId]) => ({ userId: partner, conversationId })) };
};

const tell = async (parts: AnnouncePresenceParts, audience: Audience, event: ServerEvent): Promise<void> => {
  const { broadcaster, presence, blocks } = parts;
  await forEach(audience.groups, concurrency, (conversationId) => broadcaster.toGroup(conversationId, event));
  await forEach(audience.users, concurrency, async ({ userId, conversationId }) => {
    if (!(await presence.isOnline(userId, 'cached'))) return;
    if (!(await isSilenced(blocks, conversationId))) await broadcaster.toUser(userId, event);
  });
};

/**
 * Tells those who share a conversation with a user that the user came or went, if that is not what they were told last. It
 * looks again afterwards: of two instances that tell opposite things at the same time, one ends with what is true.
 * Repeating it is harmless. @returns whether anything was told @throws ChatError `unavailable`
 */
export const announcePresence =
  (parts: AnnouncePresenceParts) =>
  async (userId: string): Promise<boolean> => {
    const { presence, clock } = parts;
    let audience: Audience | undefined;
    for (let looks = 0; looks < maxLooks; looks++) {
      const { online, lastSeenAt, isToldOnline } = await presence.standing(userId, 'now');
      if (online === isToldOnline) break;
      audience ??= await audienceOf(parts, userId);
      const at = clock.now().toISOString();
      await tell(parts, audience, { type: 'presence', at, userId, online, lastSeenAt });
      await presence.noteTold(userId, online); // afterwards: what was noted and not told would never be told
    }
    return audience !== undefined;
  };
