import type { Muting } from '../contract/conversations.ts';
import { forEver, mutingAt } from '../domain/conversation.ts';
import { malformed } from '../domain/errors.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { requireMember } from './membership.ts';

export interface MuteConversationParts {
  log: Pick<ConversationLog, 'member' | 'mute'>;
  broadcaster: Pick<Broadcaster, 'toUser'>;
  clock: Clock;
}

/** ISO 8601 has four digits for years; what is later is for ever. */
const endOf = (until: Date | undefined): string =>
  until && until.getTime() < Date.parse(forEver) ? until.toISOString() : forEver;

/**
 * Mutes a conversation for a member, or no longer; others do not notice, the member's other devices are told. Messages
 * come as ever: muted means that nobody is called by them.
 * @param muting gives until when (without a time: until it is taken back); null: no longer. It is asked after the user is
 * known to be a member
 * @throws ChatError `not-a-member` before anything else; `malformed-request` for a time that has passed; `unavailable`
 */
export const muteConversation =
  ({ log, broadcaster, clock }: MuteConversationParts) =>
  async (userId: string, conversationId: string, muting: (() => Promise<Muting>) | null): Promise<void> => {
    await requireMember(log, conversationId, userId);
    const now = clock.now();
    const { until } = muting === null ? {} : await muting();
    if (until && until <= now) throw malformed('/until', 'must be in the future');
    const mutedUntil = muting === null ? null : endOf(until);
    await log.mute(conversationId, userId, mutedUntil);
    const at = now.toISOString();
    // One that is lost does no harm: the list of conversations tells.
    await broadcaster
      .toUser(userId, { type: 'conversation.muted', at, conversationId, ...mutingAt({ mutedUntil }, now) })
      .catch(() => undefined);
  };
