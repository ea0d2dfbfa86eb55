import { MemoryConversationLog } from '../../shared/adapters/memory/memory-conversation-log.ts';
import type { Head } from '../../shared/domain/conversation.ts';
import { directConversationId } from '../../shared/domain/identifiers.ts';
import type { LoggedMessage } from '../../shared/domain/message.ts';
import type { SeqRange } from '../../shared/ports/conversation-log.ts';
import { aLoggedMessage, aUser } from './builders.ts';

/** One conversation of many messages, a second apart, that a test may change as if it were a member, and counts reads. */
export class LongLog extends MemoryConversationLog {
  readonly users = [aUser('ann'), aUser('bo')] as const;
  readonly conversationId = directConversationId(...this.users);
  readonly messages: LoggedMessage[] = [];
  readonly reads = { calls: 0, rows: 0 };
  headRev = 0;
  /** Runs after the next read of messages, before its answer is used. */
  afterRead: (() => Promise<void>) | undefined;

  /** @param texts of the messages from seq 1; Ann and Bo write by turns */
  constructor(texts: readonly (string | null)[]) {
    super();
    texts.forEach((text) => this.add(text));
  }

  add(messageText: string | null): void {
    const seq = this.messages.length + 1;
    const senderId = this.users[(seq + 1) % 2] ?? '';
    const { conversationId } = this;
    this.messages.push(aLoggedMessage({ seq, conversationId, senderId, messageText }));
  }

  /** As an edit, or (null) a deletion would: the text, and the conversation's rev. */
  change(seq: number, messageText: string | null): void {
    const message = this.messages[seq - 1];
    if (message) this.messages[seq - 1] = { ...message, messageText };
    this.headRev++;
  }

  /** What a search needs of the head. */
  get place(): Pick<Head, 'conversationId' | 'headSeq'> {
    return { conversationId: this.conversationId, headSeq: this.messages.length };
  }

  override head(): Promise<Head> {
    this.reads.calls++;
    this.reads.rows++;
    const [createdBy] = this.users;
    return Promise.resolve({
      ...{ ...this.place, headRev: this.headRev, type: 'direct', title: null, metadata: null, createdBy },
      ...{
        retentionSeconds: null,
        earlierHistory: 'visible',
        membersRev: 0,
        externalRef: null,
        directMembers: [...this.users],
        lastMessage: this.messages.at(-1) ?? null,
      },
      createdAt: this.messages[0]?.createdAt ?? '',
      lastActivityAt: this.messages.at(-1)?.createdAt ?? '',
    });
  }

  override async read(_: string, { from, to }: SeqRange): Promise<LoggedMessage[]> {
    const messages = this.messages.slice(from - 1, to);
    this.reads.calls++;
    this.reads.rows += messages.length;
    const then = this.afterRead;
    this.afterRead = undefined;
    await then?.();
    return messages;
  }
}
