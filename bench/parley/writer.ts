import { TableChangeLog } from '../../shared/adapters/tables/table-change-log.ts';
import { TableConversationLog } from '../../shared/adapters/tables/table-conversation-log.ts';
import type { Tables } from '../../shared/adapters/tables/tables.ts';
import type { AcceptedChange } from '../../shared/domain/change.ts';
import { decideChange } from '../../shared/domain/decide-change.ts';
import { directConversationId, messageIdOf } from '../../shared/domain/identifiers.ts';
import type { LongConversation } from '../library.ts';
import { longText } from '../long-text.ts';

const writerId = 'long-writer';
const readerId = 'long-reader';

/** Writes what is read later through the app's own logs, past the queue: each message as its delivery would. */
export class Writer {
  readonly #log: TableConversationLog;
  readonly #changes: TableChangeLog;

  constructor(tables: Tables) {
    this.#log = new TableConversationLog(tables);
    this.#changes = new TableChangeLog(tables);
  }

  /** The next message of two users' conversation. @returns its id */
  async write(from: string, to: string, messageText: string, clientMessageId = 'first'): Promise<string> {
    const conversationId = directConversationId(from, to);
    const messageId = messageIdOf(conversationId, from, clientMessageId);
    const now = new Date();
    const message = {
      ...{ messageId, conversationId, senderId: from, clientMessageId, messageText },
      ...{ attachment: null, attachmentUrl: null, replyTo: null, mentions: [], expiresAt: null },
      forwardedFrom: null,
      ...{ clientTimestamp: null, acceptedAt: now.toISOString() },
      directMembers: [from, to] as [string, string],
    };
    await this.#log.append(message, now);
    return messageId;
  }

  async longConversation(messages: number): Promise<LongConversation> {
    for (let seq = 1; seq <= messages; seq++) {
      await this.write(writerId, readerId, longText(seq, messages), `m${seq}`);
    }
    return { conversationId: directConversationId(writerId, readerId), readerId, messages };
  }

  async editLast({ conversationId, messages }: LongConversation, count: number): Promise<void> {
    for (let seq = messages - count + 1; seq <= messages; seq++) {
      const messageId = messageIdOf(conversationId, writerId, `m${seq}`);
      const now = new Date();
      const change: AcceptedChange = {
        ...{ changeId: `edit-${seq}`, conversationId, userId: writerId, acceptedAt: now.toISOString() },
        action: { type: 'edit', messageId, messageText: `Edited: ${longText(seq, messages)}` },
      };
      await this.#changes.apply(
        change,
        (ground) => decideChange(change, ground, { now, maxMembers: 2 }),
        now,
      );
    }
  }
}
