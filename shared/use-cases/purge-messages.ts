import { firstPages, forEach, inChunks } from '../domain/chunks.ts';
import { isDelivered } from '../domain/conversation.ts';
import { purgedAt, type LoggedMessage } from '../domain/message.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Expiries, Expiry } from '../ports/expiries.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { MessageSearch } from '../ports/message-search.ts';

export interface PurgeMessagesParts {
  expiries: Pick<Expiries, 'due' | 'done' | 'note'>;
  changes: Pick<ChangeLog, 'purge'>;
  log: Pick<ConversationLog, 'members'>;
  inbox: Pick<Inbox, 'forget'>;
  attachments: Pick<Attachments, 'removeOf'>;
  search: Pick<MessageSearch, 'forget'>;
  clock: Clock;
  /** For so long what was deleted can be restored. */
  restoreDays: number;
}

/** What came of a run, for the log. */
export interface Purge {
  purged: number;
  /** Why some could not be purged; the next run tries again. */
  errors: string[];
}

/**
 * After its time a message is kept this long. Clocks differ; and whoever makes a search index of what was read before that
 * time has written it by then, so that it is forgotten with the message.
 */
export const graceMs = 60_000;

/** Messages of a conversation taken at once, and conversations. */
const [together, conversations] = [40, 8];

/** Pages of one run; the next one goes on. */
const maxPages = 20;

/** What members who have not got it keep of it. */
const clearInboxes = async (
  { log, inbox }: PurgeMessagesParts,
  conversationId: string,
  messages: readonly LoggedMessage[],
): Promise<void> => {
  await forEach(await log.members(conversationId), conversations, async (member) => {
    const kept = messages.filter(
      ({ seq, senderId }) => senderId !== member.userId && !isDelivered(member, seq),
    );
    if (kept.length > 0) await inbox.forget(member.userId, kept);
  });
};

const purgeTogether = async (
  parts: PurgeMessagesParts,
  conversationId: string,
  seqs: readonly number[],
  before: Date,
): Promise<number> => {
  const later = new Map<number, Expiry>();
  const messages = await parts.changes.purge(conversationId, seqs, (message) => {
    const [{ seq }, at] = [message, purgedAt(message, parts.restoreDays)];
    if (at !== null && at >= before.toISOString()) later.set(seq, { conversationId, seq, at });
    return at !== null && at < before.toISOString();
  });
  // Noted when what was deleted could be restored for a shorter time, or another time.
  await forEach([...later.values()], conversations, (expiry) => parts.expiries.note(expiry));
  if (messages.length === 0) return 0;
  await parts.search.forget(conversationId, ...messages.map(({ seq }) => seq));
  const withFiles = messages.filter(({ type }) => type === 'image' || type === 'file');
  await forEach(withFiles, conversations, ({ messageId }) => parts.attachments.removeOf(messageId));
  await clearInboxes(parts, conversationId, messages);
  return messages.length;
};

/**
 * Takes away for good what has expired, and what was deleted so long ago that it cannot be restored any more: texts,
 * earlier versions, reactions, attachments with their bytes, words in the search index, rows of inboxes. The places stay.
 * May run on several instances at once and die at any point; what fails is tried again by the next run.
 */
export const purgeMessages = (parts: PurgeMessagesParts) => async (): Promise<Purge> => {
  const purge: Purge = { purged: 0, errors: [] };
  const before = new Date(parts.clock.now().getTime() - graceMs);
  const run = async (conversationId: string, expiries: readonly Expiry[]): Promise<void> => {
    try {
      const seqs = [...new Set(expiries.map(({ seq }) => seq))];
      for (const chunk of inChunks(seqs, together))
        purge.purged += await purgeTogether(parts, conversationId, chunk, before);
      await parts.expiries.done(expiries); // last: what is not noted any more is looked at by nobody
    } catch (error) {
      purge.errors.push(String(error));
    }
  };
  for await (const page of firstPages(parts.expiries.due(before), maxPages)) {
    const byConversation = [...Map.groupBy(page, ({ conversationId }) => conversationId)];
    await forEach(byConversation, conversations, ([id, expiries]) => run(id, expiries));
  }
  return purge;
};
