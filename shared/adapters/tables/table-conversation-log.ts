import { odata, type TransactionAction } from '@azure/data-tables';
import {
  acknowledge,
  newDirectConversation,
  newMember,
  placedAt,
  raisedBetween,
  raiseWatermarks,
  type Head,
  type Listing,
  type Member,
  type NewConversation,
} from '../../domain/conversation.ts';
import { ChatError, notAMember } from '../../domain/errors.ts';
import { expiryOf, type AcceptedMessage, type LoggedMessage, type Reaction } from '../../domain/message.ts';
import type {
  Appended,
  ConversationLog,
  SeqRange,
  ReceiptGround,
  WatermarkMove,
  WatermarkMoves,
  Watermarks,
} from '../../ports/conversation-log.ts';
import {
  formerKey,
  headKey,
  headOf,
  lastRow,
  listingOf,
  markerKey,
  memberKey,
  memberOf,
  memberRow,
  messageKey,
  messagesIn,
  messageOf,
  messageRow,
  moveKey,
  movesPrefix,
  moveOf,
  retentionOf,
  newHead,
  type HeadRow,
  type ListingRow,
  type MoveRow,
  type StoredMessage,
  type Watermark,
} from './conversation-rows.ts';
import { ConversationHeads, type KnownHead } from './conversation-heads.ts';
import { ConversationMembers, type KnownMember } from './conversation-members.ts';
import { deleteRows } from './delete-rows.ts';
import { guard, isConflict, isStatus, maxTries, tooContended } from './errors.ts';
import { encodeKey } from './keys.ts';
import { readMembers } from './members.ts';
import { OwnMessages } from './own-messages.ts';
import { readReactions } from './reactions.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { findRow, listRows, type Tables } from './tables.ts';

/**
 * A conversation is one partition of `Conversations`. The head row is updated under its ETag in the transaction that
 * inserts the message, so that two writers, also one that has lost its session and does not know it, cannot both win;
 * the marker row in the same transaction keeps a message single for ever.
 */
export class TableConversationLog implements ConversationLog {
  readonly #tables: Pick<Tables, 'conversations' | 'userConversations'>;
  readonly #heads: ConversationHeads;
  readonly #members: ConversationMembers;
  readonly #own: OwnMessages;
  readonly #memberIds = new RecentlyUsed<{ membersRev: number; userIds: string[] }>(2_000);

  constructor(
    tables: Pick<Tables, 'conversations' | 'userConversations'>,
    heads = new ConversationHeads(tables),
  ) {
    this.#tables = tables;
    this.#heads = heads;
    this.#members = new ConversationMembers(tables);
    this.#own = new OwnMessages(tables.conversations);
  }

  async append(message: AcceptedMessage, now: Date): Promise<Appended> {
    const { conversationId } = message;
    for (let tries = 0; tries < maxTries; tries++) {
      const head = await this.#headFor(message);
      if (head === 'not by a member') {
        const found = await this.#find(message); // of one who was a member then
        if (found) return found;
        throw notAMember();
      }
      try {
        return head ? await this.#appendTo(head, message, now) : await this.#createWith(message, now);
      } catch (error) {
        this.#heads.forget(conversationId); // after any failure it is unknown what was written
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
    const head = await this.#heads.read(conversationId);
    return head && headOf(conversationId, head.row);
  }

  async member(
    conversationId: string,
    userId: string,
    freshness: 'now' | 'cached' = 'now',
  ): Promise<Member | undefined> {
    const known = freshness === 'cached' ? this.#members.getFresh(conversationId, userId) : undefined;
    const { row } = known ?? (await this.#members.read(conversationId, userId)) ?? {};
    return row && memberOf(row);
  }

  async receiptGround(
    conversationId: string,
    userId: string,
    upToSeq: number,
  ): Promise<ReceiptGround | undefined> {
    const [knownHead, knownMember] = [
      this.#heads.get(conversationId),
      this.#members.get(conversationId, userId),
    ];
    const isEnough = knownHead !== undefined && knownMember !== undefined && knownHead.row.headSeq >= upToSeq;
    const [head, member] = isEnough
      ? [knownHead, knownMember]
      : await Promise.all([this.#heads.read(conversationId), this.#members.read(conversationId, userId)]);
    return head && member && { head: headOf(conversationId, head.row), member: memberOf(member.row) };
  }

  async members(conversationId: string): Promise<Member[]> {
    const all = await readMembers(this.#tables.conversations, conversationId);
    return all.filter(({ leftSeq }) => leftSeq === null);
  }

  async memberIds({ conversationId, membersRev, directMembers }: Head): Promise<string[]> {
    if (directMembers.length > 0) return directMembers;
    const known = this.#memberIds.get(conversationId);
    if (known?.membersRev === membersRev) return known.userIds;
    const userIds = (await this.members(conversationId)).map(({ userId }) => userId);
    this.#memberIds.set(conversationId, { membersRev, userIds });
    return userIds;
  }

  async read(conversationId: string, { from, to }: SeqRange): Promise<LoggedMessage[]> {
    if (from > to) return [];
    const filter = messagesIn(conversationId, { from, to });
    const rows = await listRows(this.#tables.conversations, filter, { limit: to - from + 1 });
    return this.#withReactions(conversationId, rows as unknown as StoredMessage[]);
  }

  ownSeqs(conversationId: string, userId: string, gaps: SeqRange): Promise<number[]> {
    return this.#own.in(conversationId, userId, gaps);
  }

  async find(conversationId: string, messageId: string): Promise<LoggedMessage | undefined> {
    const table = this.#tables.conversations;
    const marker = await findRow<{ seq?: number }>(table, conversationId, markerKey(messageId));
    if (marker?.seq === undefined) return undefined;
    const [message] = await this.read(conversationId, { from: marker.seq, to: marker.seq });
    return message;
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
    const { deliveredSeq = 0, readSeq = 0 } = to;
    const ground = await this.receiptGround(conversationId, userId, Math.max(deliveredSeq, readSeq));
    if (!ground) throw notAMember();
    const { head } = ground;
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

  async anyOf(userId: string): Promise<string | undefined> {
    for (const partitionKey of [encodeKey(userId), formerKey(userId)]) {
      const filter = odata`PartitionKey eq ${partitionKey}`;
      const [row] = await listRows(this.#tables.userConversations, filter, { limit: 1 });
      if (row) return row.rowKey;
    }
    return undefined;
  }

  async forgetMember(conversationId: string, userId: string): Promise<void> {
    const [first, last] = [movesPrefix(userId), `${movesPrefix(userId)}}`];
    await deleteRows(
      this.#tables.conversations,
      odata`PartitionKey eq ${conversationId} and RowKey ge ${first} and RowKey lt ${last}`,
    );
    // The rows by which it is found last.
    for (const partitionKey of [encodeKey(userId), formerKey(userId)])
      await deleteRows(
        this.#tables.userConversations,
        odata`PartitionKey eq ${partitionKey} and RowKey eq ${conversationId}`,
      );
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

  async mute(conversationId: string, userId: string, mutedUntil: string | null): Promise<void> {
    const keys = { partitionKey: encodeKey(userId), rowKey: conversationId };
    const row = { ...keys, mutedUntil: mutedUntil ?? '' };
    await guard(() => this.#tables.userConversations.upsertEntity(row, 'Merge'));
  }

  async countOfOthers(
    conversationId: string,
    userId: string,
    { from, to }: SeqRange,
    now: Date,
  ): Promise<number> {
    if (from > to) return 0;
    const filter = messagesIn(conversationId, { from, to });
    const rows = await listRows(this.#tables.conversations, filter, {
      select: ['senderId', 'deletedAt', 'expiresAt'],
    });
    const at = now.toISOString();
    const isThere = ({ deletedAt, expiresAt }: Partial<StoredMessage>): boolean =>
      deletedAt === undefined && (expiresAt === undefined || at < expiresAt);
    return (rows as unknown as StoredMessage[]).filter((row) => row.senderId !== userId && isThere(row))
      .length;
  }

  /** Messages with their reactions, whose rows are read only where a message says that it has some. */
  async #withReactions(conversationId: string, rows: StoredMessage[]): Promise<LoggedMessage[]> {
    const reacted = rows.filter(({ reactions = 0 }) => reactions > 0).map(({ seq }) => seq);
    const [first, last] = [reacted[0], reacted.at(-1)];
    const reactions =
      first === undefined || last === undefined
        ? new Map<number, Reaction[]>()
        : await readReactions(this.#tables.conversations, conversationId, { from: first, to: last });
    return rows.map((row) => messageOf(conversationId, row, reactions.get(row.seq)));
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

  /** The head to write behind. One that is remembered may be from before the sender joined. */
  async #headFor(message: AcceptedMessage): Promise<KnownHead | 'not by a member' | undefined> {
    const { conversationId } = message;
    const known = this.#heads.get(conversationId);
    if (known && (await this.#isBy(message, known))) return known;
    const head = await this.#heads.read(conversationId);
    return head && !(await this.#isBy(message, head)) ? 'not by a member' : head;
  }

  async #isBy({ conversationId, senderId }: AcceptedMessage, { row }: KnownHead): Promise<boolean> {
    return (await this.memberIds(headOf(conversationId, row))).includes(senderId);
  }

  async #appendTo(head: KnownHead, message: AcceptedMessage, now: Date): Promise<Appended> {
    const { conversationId } = message;
    const seq = head.row.headSeq + 1;
    const lastAt = placedAt(now, head.row.lastAt);
    const expiresAt = expiryOf(message.expiresAt, retentionOf(head.row), lastAt);
    const stored = messageRow(message, seq, lastAt, expiresAt);
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
    const stored = messageRow(message, 1, createdAt, message.expiresAt);
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
    this.#heads.set(conversationId, row, response.subResponses[0]?.etag);
    return { message: messageOf(conversationId, stored), head: headOf(conversationId, row), isNew: true };
  }

  /** A message that is in the log already, with its place. */
  async #find({ conversationId, messageId }: AcceptedMessage): Promise<Appended | undefined> {
    const table = this.#tables.conversations;
    const marker = await findRow<{ seq: number }>(table, conversationId, markerKey(messageId));
    if (!marker) return undefined;
    const [head, stored] = await Promise.all([
      this.#heads.read(conversationId),
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
    for (let tries = 0; tries < maxTries; tries++) {
      const remembered = tries === 0 ? this.#members.get(conversationId, userId) : undefined;
      const known = remembered ?? (await this.#members.read(conversationId, userId));
      if (!known) throw notAMember();
      const before = memberOf(known.row);
      const after = change(before);
      const actions = memberActions(conversationId, before, after, known.etag, now);
      if (actions.length > 0) {
        if (await this.#writeMember(conversationId, known, after, actions))
          return { member: after, raised: raisedBetween(before, after) };
      } else if (!remembered || remembered === this.#members.getFresh(conversationId, userId)) {
        return { member: before, raised: {} };
      }
    }
    throw tooContended();
  }

  /** @returns whether the row was still the one that is known */
  async #writeMember(
    conversationId: string,
    { row }: KnownMember,
    after: Member,
    actions: TransactionAction[],
  ): Promise<boolean> {
    this.#members.forget(conversationId, after.userId); // after any failure it is unknown what was written
    try {
      const { subResponses } = await guard(() => this.#tables.conversations.submitTransaction(actions));
      const changed = { ...row, ...changedColumns(after) };
      this.#members.set(conversationId, after.userId, changed, subResponses[0]?.etag);
      return true;
    } catch (error) {
      if (!isConflict(error) && !isStatus(error, 404)) throw error;
      return false;
    }
  }
}

const lastOf = (conversationId: string, stored: ReturnType<typeof messageRow>): string =>
  lastRow(messageOf(conversationId, stored));

const creationActions = (conversation: NewConversation, row: HeadRow): TransactionAction[] => {
  const { conversationId, members } = conversation;
  return [
    ['create', { partitionKey: conversationId, rowKey: headKey, ...row }],
    ...members.map(({ userId, role }): TransactionAction => [
      'create',
      { ...memberRow(conversationId, newMember(userId, role)) },
    ]),
  ];
};

const changedColumns = ({ deliveredSeq, deliveredAhead, readSeq, checkedSeq }: Member) => ({
  deliveredSeq,
  deliveredAhead: JSON.stringify(deliveredAhead),
  readSeq,
  checkedSeq,
});

const memberActions = (
  conversationId: string,
  before: Member,
  after: Member,
  etag: string,
  now: Date | undefined,
): TransactionAction[] => {
  const changed = changedColumns(after);
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
