import type { InboxPage } from '../contract/lists.ts';
import { canSee, isDelivered, toRanges, type Member } from '../domain/conversation.ts';
import { asMessage, shownAt, type LoggedMessage } from '../domain/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox, InboxItem, KeptMessage } from '../ports/inbox.ts';
import { forEach } from '../domain/chunks.ts';

export interface ReadInboxParts {
  log: Pick<ConversationLog, 'member' | 'head' | 'read'>;
  inbox: Pick<Inbox, 'list' | 'remove'>;
  clock: Clock;
}

/** Conversations, or messages, looked up at a time. */
const lookups = 32;

const isMessage = (item: InboxItem): item is KeptMessage => 'message' in item;

/** A conversation that messages were kept of, as it now is. */
interface Origin {
  member: Member;
  headRev: number;
}

const originsOf = async (
  log: ReadInboxParts['log'],
  userId: string,
  items: KeptMessage[],
): Promise<Map<string, Origin>> => {
  const origins = new Map<string, Origin>();
  const ids = [...new Set(items.map(({ message }) => message.conversationId))];
  await forEach(ids, lookups, async (id) => {
    const [member, head] = await Promise.all([log.member(id, userId), log.head(id)]);
    if (member && head) origins.set(id, { member, headRev: head.headRev });
  });
  return origins;
};

/** The messages as they now are: of a conversation in which nothing has changed since, as they were kept. */
const refresh = async (
  { log, clock }: Pick<ReadInboxParts, 'log' | 'clock'>,
  items: KeptMessage[],
  origins: Map<string, Origin>,
): Promise<Map<string, LoggedMessage>> => {
  const isSame = ({ message, headRev }: KeptMessage): boolean =>
    headRev === origins.get(message.conversationId)?.headRev;
  const placeOf = ({ conversationId, seq }: LoggedMessage): string => `${conversationId}|${seq}`;
  const changed = items.filter((item) => !isSame(item)).map(({ message }) => message);
  const ranges = [...Map.groupBy(changed, ({ conversationId }) => conversationId)].flatMap(
    ([conversationId, kept]) =>
      toRanges(kept.map(({ seq }) => seq)).map(([from, to]) => ({ conversationId, from, to })),
  );
  const read = new Map<string, LoggedMessage>();
  await forEach(ranges, lookups, async ({ conversationId, ...range }) => {
    for (const message of await log.read(conversationId, range)) read.set(placeOf(message), message);
  });
  return new Map(
    items.flatMap((item): [string, LoggedMessage][] => {
      const message = isSame(item) ? item.message : read.get(placeOf(item.message));
      return message ? [[item.inboxId, shownAt(message, clock.now())]] : [];
    }),
  );
};

/**
 * The messages kept for a user, oldest first, as they now are. What has reached the user by another way, was deleted, has
 * expired, or belongs to a conversation the user is no longer in, is left out and cleared away. Between them stands what
 * the user sent and was refused.
 * @param cursor `nextCursor` of the page before
 */
export const readInbox =
  (parts: ReadInboxParts) =>
  async (userId: string, limit: number, cursor: string | undefined): Promise<InboxPage> => {
    const { log, inbox } = parts;
    const wanted: InboxPage['items'] = [];
    let after = cursor;
    for (;;) {
      const items = await inbox.list(userId, limit, after);
      const kept = items.filter(isMessage);
      const origins = await originsOf(log, userId, kept);
      const isMissing = ({ message: { conversationId, seq } }: KeptMessage): boolean => {
        const member = origins.get(conversationId)?.member;
        return member !== undefined && canSee(member, seq) && !isDelivered(member, seq);
      };
      const messages = await refresh(parts, kept.filter(isMissing), origins);
      const stale: string[] = [];
      for (const item of items) {
        if (wanted.length === limit) break;
        const { inboxId } = item;
        after = inboxId;
        const message = messages.get(inboxId);
        if (!isMessage(item)) wanted.push(item);
        else if (message?.deletedAt === null) wanted.push({ inboxId, message: asMessage(message) });
        else stale.push(inboxId);
      }
      if (stale.length > 0) await inbox.remove(userId, stale);
      const isLast = items.length < limit;
      if (isLast || wanted.length === limit) {
        const isMore = !isLast || items.at(-1)?.inboxId !== after;
        return {
          items: wanted,
          nextCursor: isMore && after !== undefined && items.length > 0 ? after : null,
        };
      }
    }
  };
