import type { ServerEvent } from '../domain/event.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Presence } from '../ports/presence.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { requireHead, requireMember } from './membership.ts';
import { isSilenced } from './require-unblocked.ts';

export interface ShowTypingParts {
  log: Pick<ConversationLog, 'member' | 'head'>;
  presence: Pick<Presence, 'isOnline'>;
  broadcaster: Pick<Broadcaster, 'toUser' | 'toGroup'>;
  rateLimiter: RateLimiter;
  blocks: Pick<Blocks, 'blockersIn'>;
  clock: Clock;
  /** After which clients take it that somebody has stopped. */
  typingSeconds: number;
}

/**
 * Shows the other members that somebody is typing, or has stopped. It carries when it ends, is never stored, and one that
 * is lost is lost. Nobody sees it in a direct conversation in which one has blocked the other.
 * @param state says which; it is asked after the user is known to be a member
 * @throws ChatError `not-a-member` before anything else, then what `state` throws; `rate-limited`
 */
export const showTyping =
  (parts: ShowTypingParts) =>
  async (
    userId: string,
    conversationId: string,
    state: () => Promise<{ isTyping: boolean }>,
  ): Promise<void> => {
    await requireMember(parts.log, conversationId, userId, 'cached');
    const { isTyping } = await state();
    await parts.rateLimiter.take('typing', userId);
    const head = await requireHead(parts.log, conversationId);
    const now = parts.clock.now();
    const event: ServerEvent = {
      type: 'typing',
      at: now.toISOString(),
      conversationId,
      userId,
      isTyping,
      expiresAt: new Date(now.getTime() + (isTyping ? parts.typingSeconds * 1000 : 0)).toISOString(),
    };
    const others = head.directMembers.filter((member) => member !== userId);
    const pushes =
      head.type === 'group'
        ? [parts.broadcaster.toGroup(conversationId, event)]
        : others.map(async (other) => {
            if (!(await parts.presence.isOnline(other, 'cached'))) return;
            if (!(await isSilenced(parts.blocks, conversationId)))
              await parts.broadcaster.toUser(other, event);
          });
    await Promise.allSettled(pushes);
  };
