import type { InboxPage } from '../contract/lists.ts';
import { isDelivered, type Member } from '../domain/conversation.ts';
import { asMessage } from '../domain/message.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox, InboxItem } from '../ports/inbox.ts';
import { forEach } from '../domain/chunks.ts';

export interface ReadInboxParts {
  log: Pick<ConversationLog, 'member'>;
  inbox: Pick<Inbox, 'list' | 'remove'>;
}

/** Members looked up at a time. */
const lookups = 32;

const membersOf = async (
  log: ReadInboxParts['log'],
  userId: string,
  items: InboxItem[],
): Promise<Map<string, Member | undefined>> => {
  const members = new Map<string, Member | undefined>();
  const ids = [...new Set(items.flatMap((item) => ('message' in item ? [item.message.conversationId] : [])))];
  await forEach(ids, lookups, async (id) => members.set(id, await log.member(id, userId)));
  return members;
};

/**
 * The messages kept for a user, oldest first. What has reached the user by another way, or belongs to a conversation the
 * user is no longer in, is left out and cleared away. Between them stands what the user sent and was refused.
 * @param cursor `nextCursor` of the page before
 */
export const readInbox =
  ({ log, inbox }: ReadInboxParts) =>
  async (userId: string, limit: number, cursor: string | undefined): Promise<InboxPage> => {
    const wanted: InboxItem[] = [];
    let after = cursor;
    for (;;) {
      const items = await inbox.list(userId, limit, after);
      const members = await membersOf(log, userId, items);
      const isWanted = (item: InboxItem): boolean => {
        if (!('message' in item)) return true;
        const member = members.get(item.message.conversationId);
        return member !== undefined && !isDelivered(member, item.message.seq);
      };
      const stale: InboxItem[] = [];
      for (const item of items) {
        if (wanted.length === limit) break;
        after = item.inboxId;
        (isWanted(item) ? wanted : stale).push(item);
      }
      if (stale.length > 0)
        await inbox.remove(
          userId,
          stale.map(({ inboxId }) => inboxId),
        );
      const isLast = items.length < limit;
      if (isLast || wanted.length === limit) {
        const isMore = !isLast || items.at(-1)?.inboxId !== after;
        return {
          items: wanted.map((item) =>
            'message' in item ? { inboxId: item.inboxId, message: asMessage(item.message) } : item,
          ),
          nextCursor: isMore && after !== undefined && items.length > 0 ? after : null,
        };
      }
    }
  };
