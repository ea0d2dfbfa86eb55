import { odata, type TransactionAction } from '@azure/data-tables';
import {
  acknowledge,
  newDirectConversation,
  placedAt,
  previewOf,
  raisedBetween,
  raiseWatermarks,
  type Head,
  type Listing,
  type Member,
  type NewConversation,
} from '../../domain/conversation.ts';
import { ChatError, notAMember } from '../../domain/errors.ts';
import type { AcceptedMessage, LoggedMessage } from '../../domain/message.ts';
import type {
  Appended,
  ConversationLog,
  SeqRange,
  WatermarkMove,
  WatermarkMoves,
  Watermarks,
} from '../../ports/conversation-log.ts';
import {
  headKey,
  headOf,
  listingOf,
  markerKey,
  memberKey,
  memberOf,
  messageKey,
  messageOf,
  messageRow,
  moveKey,
  moveOf,
  newHead,
  newMember,
  type HeadRow,
  type ListingRow,
  type MemberRow,
  type MoveRow,
  type StoredMessage,
  type Watermark,
} from './conversation-rows.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey } from './keys.ts';
import { RecentlyUsed } from './recently-used.ts';
import { findRow, listRows, type Tables } from './tables.ts';

/** Tries under contention: writers of one conversation are few, its session has one at a time. */
const maxTries = 10;

/** A head as this instance last saw it. A wrong one costs a retry, never an order. */
interface CachedHead {
  row: HeadRow;
  etag: string;
}

/** Where a write found that another had come first: the row it rests on changed, or a row it adds is there. */
const isConflict = (error: unknown): boolean => isStatus(error, 409, 412);

const tooContended = (): ChatError =>
  new ChatError('unavailable', 'The conversation is being written by too many at once.', {
    retryAfterSeconds: 1,
  });

/**
 * A conversation is one partition of `Conversations`. The head row is updated under its ETag in the transaction that
 * inserts the message, so that two writers, also one that has lost its session and does not know it, cannot both win;
 * the marker row in the same transaction keeps a message single for ever.
 */
export class TableConversationLog implements ConversationLog {
  readonly #tables: Pick<Tables, 'conversations' | 'userConversations'>;
  readonly #heads = new RecentlyUsed<CachedHead>(20_000);
  /** Memberships change with the head's rev only. */
  readonly #memberIds = new RecentlyUsed<{ headRev: number; userIds: string[] }>(2_000);

  constructor(tables: Pick<Tables, 'conversations' | 'userConversations'>) {
    this.#tables = tables;
  }

  async append(message: AcceptedMessage, now: Date): Promise<Appended> {
    const { conversationId } = message;
    for (let tries = 0; tries < maxTries; tries++) {
      const head = this.#heads.get(conversationId) ?? (await this.#readHead(conversationId));
      try {
        return head ? await this.#appendTo(head, message, now) : await this.#createWith(message, now);
      } catch (error) {
        this.#heads.delete(conversationId); // after any failure it is unknown what was written
        if (!isConflict(error)) throw error;
        const found = await this.#find(message);
        if (found) return found;
      }
    }
    throw tooContended();
  }

  async create(conversation: NewConversation, now: Date): Promise<{ head: Head; isNew: boolean }> {
    const { conversationId } = conversation;
    await this.#list(conversation);
    const row = newHead(conversation, now.toISOString());
    try {
      await guard(() => this.#tables.conversations.submitTransaction(creationActions(conversation, row)));
      return { head: headOf(conversationId, row), isNew: true };
    } catch (error) {
      if (!isConflict(error)) throw error;
      const head = await this.head(conversationId);
      if (!head) throw error;
      return { head, isNew: false };
    }
  }

  async head(conversationId: string): Promise<Head | undefined> {
    const head = await this.#readHead(conversationId);
    return head && headOf(conversationId, head.row);
  }

  async member(conversationId: string, userId: string): Promise<Member | undefined> {
    const row = await findRow<MemberRow>(this.#tables.conversations, conversationId, memberKey(userId));
    return row && memberOf(row);
  }

  async members(conversationId: string): Promise<Member[]> {
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge 'member|' and RowKey lt 'member}'`;
    const rows = await listRows(this.#tables.conversations, filter);
    return rows.map((row) => memberOf(row as unknown as MemberRow));
  }

  async memberIds({ conversationId, headRev, directMembers }: Head): Promise<string[]> {
    if (directMembers.length > 0) return directMembers;
    const known = this.#memberIds.get(conversationId);
    if (known?.headRev === headRev) return known.userIds;
    const userIds = (await this.members(conversationId)).map(({ userId }) => userId);
    this.#memberIds.set(conversationId, { headRev, userIds });
    return userIds;
  }

  async read(conversationId: string, { from, to }: SeqRange): Promise<LoggedMessage[]> {
    if (from > to) return [];
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${messageKey(from)} and RowKey le ${messageKey(to)}`;
    const rows = await listRows(this.#tables.conversations, filter, { limit: to - from + 1 });
    return rows.map((row) => messageOf(conversationId, row as unknown as StoredMessage));
  }

  async moves(conversationId: string, member: Member, range: SeqRange): Promise<WatermarkMoves> {
    const [delivered, read] = await Promise.all([
      this.#moves(conversationId, member.userId, 'delivered', range, member.deliveredSeq),
      this.#moves(conversationId, member.userId, 'read', range, member.readSeq),
    ]);
    return { delivered, read };
  }

  async raise(
    conversationId: string,
    userId: string,
    to: Watermarks,
    now: Date,
  ): Promise<{ member: Member; raised: Watermarks; head: Head }> {
    const head = await this.head(conversationId);
    if (!head) throw notAMember();
    const changed = await this.#changeMember(conversationId, userId, now, (member) =>
      raiseWatermarks(member, to, head.headSeq),
    );
    return { ...changed, head };
  }

  acknowledge(
    conversationId: string,
    userId: string,
    seqs: readonly number[],
    now: Date,
  ): Promise<{ member: Member; raised: Watermarks }> {
    return this.#changeMember(conversationId, userId, now, (member) => ({
      ...member,
      ...acknowledge(member, seqs),
    }));
  }

  async noteChecked(conversationId: string, userId: string, seq: number): Promise<void> {
    await this.#changeMember(conversationId, userId, undefined, (member) => ({
      ...member,
      checkedSeq: Math.max(member.checkedSeq, seq),
    }));
  }

  async conversationsOf(userId: string): Promise<string[]> {
    return (await this.listingsOf(userId)).map(({ conversationId }) => conversationId);
  }

  async listingsOf(userId: string): Promise<Listing[]> {
    const filter = odata`PartitionKey eq ${encodeKey(userId)}`;
    const rows = await listRows(this.#tables.userConversations, filter);
    return rows.map((row) => listingOf(row.rowKey ?? '', row as unknown as ListingRow));
  }

  async listing(conversationId: string, userId: string): Promise<Listing> {
    const row = await findRow<ListingRow>(this.#tables.userConversations, encodeKey(userId), conversationId);
    return listingOf(conversationId, row);
  }

  async archive(conversationId: string, userId: string, archivedAt: Date | null): Promise<void> {
    const row = {
      partitionKey: encodeKey(userId),
      rowKey: conversationId,
      archivedAt: archivedAt?.toISOString() ?? '',
    };
    await guard(() => this.#tables.userConversations.upsertEntity(row, 'Merge'));
  }

  async countOfOthers(conversationId: string, userId: string, { from, to }: SeqRange): Promise<number> {
    if (from > to) return 0;
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${messageKey(from)} and RowKey le ${messageKey(to)}`;
    const rows = await listRows(this.#tables.conversations, filter, { select: ['senderId'] });
    return rows.filter((row) => (row as unknown as StoredMessage).senderId !== userId).length;
  }

  async #moves(
    conversationId: string,
    userId: string,
    watermark: Watermark,
    { from, to }: SeqRange,
    reached: number,
  ): Promise<WatermarkMove[]> {
    if (reached < from) return [];
    const [first, last] = [from, Number.MAX_SAFE_INTEGER].map((seq) => moveKey(userId, watermark, seq));
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${first} and RowKey le ${last}`;
    // One for each place of the range at the most, and the first behind it.
    const rows = await listRows(this.#tables.conversations, filter, { limit: to - from + 2 });
    return rows.map((row) => moveOf(row as unknown as MoveRow));
  }

  async #readHead(conversationId: string): Promise<CachedHead | undefined> {
    const row = await findRow<HeadRow>(this.#tables.conversations, conversationId, headKey);
    if (!row) return undefined;
    const head = { row, etag: row.etag };
    this.#heads.set(conversationId, head);
    return head;
  }

  async #appendTo(head: CachedHead, message: AcceptedMessage, now: Date): Promise<Appended> {
    const { conversationId } = message;
    const seq = head.row.headSeq + 1;
    const lastAt = placedAt(now, head.row.lastAt);
    const stored = messageRow(message, seq, lastAt);
    const moved = { headSeq: seq, lastAt, last: lastOf(conversationId, stored) };
    const update = { partitionKey: conversationId, rowKey: headKey, ...moved };
    return this.#commit(message, stored, { ...head.row, ...moved }, [
      ['update', update, 'Merge', { etag: head.etag }],
    ]);
  }

  /** The first message of a direct conversation makes the conversation. */
  async #createWith(message: AcceptedMessage, now: Date): Promise<Appended> {
    const { directMembers } = message;
    if (!directMembers) throw new ChatError('not-found', 'There is no such conversation.');
    const conversation = newDirectConversation(message.conversationId, message.senderId, directMembers);
    await this.#list(conversation);
    const createdAt = now.toISOString();
    const stored = messageRow(message, 1, createdAt);
    const last = lastOf(message.conversationId, stored);
    const row: HeadRow = { ...newHead(conversation, createdAt), headSeq: 1, last };
    return this.#commit(message, stored, row, creationActions(conversation, row));
  }

  /** These rows before the conversation: one that leads nowhere does no harm, a conversation nobody finds would. */
  async #list({ conversationId, members }: NewConversation): Promise<void> {
    const table = this.#tables.userConversations;
    await Promise.all(
      members.map(({ userId }) =>
        guard(() => table.upsertEntity({ partitionKey: encodeKey(userId), rowKey: conversationId })),
      ),
    );
  }

  async #commit(
    { conversationId, messageId }: AcceptedMessage,
    stored: ReturnType<typeof messageRow>,
    row: HeadRow,
    headActions: TransactionAction[],
  ): Promise<Appended> {
    const response = await guard(() =>
      this.#tables.conversations.submitTransaction([
        ...headActions,
        ['create', { ...stored }],
        ['create', { partitionKey: conversationId, rowKey: markerKey(messageId), seq: row.headSeq }],
      ]),
    );
    const etag = response.subResponses[0]?.etag;
    if (etag === undefined) this.#heads.delete(conversationId);
    else this.#heads.set(conversationId, { row, etag });
    return { message: messageOf(conversationId, stored), head: headOf(conversationId, row), isNew: true };
  }

  /** A message that is in the log already, with its place. */
  async #find({ conversationId, messageId }: AcceptedMessage): Promise<Appended | undefined> {
    const table = this.#tables.conversations;
    const marker = await findRow<{ seq: number }>(table, conversationId, markerKey(messageId));
    if (!marker) return undefined;
    const [head, stored] = await Promise.all([
      this.#readHead(conversationId),
      findRow<StoredMessage>(table, conversationId, messageKey(marker.seq)),
    ]);
    if (!head || !stored) throw new Error(`The log of ${conversationId} has a marker without its message.`);
    return {
      message: messageOf(conversationId, stored),
      head: headOf(conversationId, head.row),
      isNew: false,
    };
  }

  /**
   * Changes a member's row under its ETag, and notes when a watermark rose in the same transaction.
   * @param now may be undefined where no watermark rises
   */
  async #changeMember(
    conversationId: string,
    userId: string,
    now: Date | undefined,
    change: (member: Member) => Member,
  ): Promise<{ member: Member; raised: Watermarks }> {
    const table = this.#tables.conversations;
    for (let tries = 0; tries < maxTries; tries++) {
      const row = await findRow<MemberRow>(table, conversationId, memberKey(userId));
      if (!row) throw notAMember();
      const before = memberOf(row);
      const after = change(before);
      const actions = memberActions(conversationId, before, after, row.etag, now);
      if (actions.length === 0) return { member: before, raised: {} };
      try {
        await guard(() => table.submitTransaction(actions));
        return { member: after, raised: raisedBetween(before, after) };
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
    throw tooContended();
  }
}

const lastOf = (conversationId: string, stored: ReturnType<typeof messageRow>): string =>
  JSON.stringify(previewOf(messageOf(conversationId, stored)));

const creationActions = (conversation: NewConversation, row: HeadRow): TransactionAction[] => {
  const { conversationId, members } = conversation;
  return [
    ['create', { partitionKey: conversationId, rowKey: headKey, ...row }],
    ...members.map(({ userId, role }): TransactionAction => [
      'create',
      { ...newMember(conversationId, userId, role) },
    ]),
  ];
};

const memberActions = (
  conversationId: string,
  before: Member,
  after: Member,
  etag: string,
  now: Date | undefined,
): TransactionAction[] => {
  const changed = {
    deliveredSeq: after.deliveredSeq,
    deliveredAhead: JSON.stringify(after.deliveredAhead),
    readSeq: after.readSeq,
    checkedSeq: after.checkedSeq,
  };
  const same =
    before.deliveredSeq === after.deliveredSeq &&
    before.readSeq === after.readSeq &&
    before.checkedSeq === after.checkedSeq &&
    JSON.stringify(before.deliveredAhead) === changed.deliveredAhead;
  if (same) return [];
  const { deliveredSeq, readSeq } = now ? raisedBetween(before, after) : {};
  const at = now?.toISOString();
  const move = (watermark: Watermark, upToSeq: number): TransactionAction => {
    const rowKey = moveKey(after.userId, watermark, upToSeq);
    return ['upsert', { partitionKey: conversationId, rowKey, upToSeq, at }, 'Replace'];
  };
  return [
    [
      'update',
      { partitionKey: conversationId, rowKey: memberKey(after.userId), ...changed },
      'Merge',
      { etag },
    ],
    ...(deliveredSeq === undefined ? [] : [move('delivered', deliveredSeq)]),
    ...(readSeq === undefined ? [] : [move('read', readSeq)]),
  ];
};
