import type { TableEntityResult } from '@azure/data-tables';
import { hasLeft, memberKey, type MemberRow } from './conversation-rows.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { findRow, type Tables } from './tables.ts';

/** A member's row as this instance last saw it. What is written under its ETag fails if it is another one by now. */
export interface KnownMember {
  row: MemberRow;
  etag: string;
  /** On the monotonic clock, in ms. */
  seenAt: number;
}

/** For how long somebody who was a member counts as one where nothing is written. */
const freshMs = 1500;

const keyOf = (conversationId: string, userId: string): string => `${conversationId}|${userId}`;

/** The rows of members, read and remembered. */
export class ConversationMembers {
  readonly #table: Tables['conversations'];
  readonly #known = new RecentlyUsed<KnownMember>(20_000);

  constructor({ conversations }: Pick<Tables, 'conversations'>) {
    this.#table = conversations;
  }

  /** As it is; undefined for one who is no member (any more). @throws ChatError `unavailable` */
  async read(conversationId: string, userId: string): Promise<KnownMember | undefined> {
    const row: TableEntityResult<MemberRow> | undefined = await findRow<MemberRow>(
      this.#table,
      conversationId,
      memberKey(userId),
    );
    this.set(conversationId, userId, row && !hasLeft(row) ? row : undefined, row?.etag);
    return this.get(conversationId, userId);
  }

  /** As it was when this instance last saw it, however long ago. */
  get(conversationId: string, userId: string): KnownMember | undefined {
    return this.#known.get(keyOf(conversationId, userId));
  }

  /** As it was a second ago at the most. */
  getFresh(conversationId: string, userId: string): KnownMember | undefined {
    const known = this.get(conversationId, userId);
    return known && performance.now() - known.seenAt < freshMs ? known : undefined;
  }

  /** What was found, or what a transaction has left of it. */
  set(conversationId: string, userId: string, row: MemberRow | undefined, etag: string | undefined): void {
    if (!row || etag === undefined) this.forget(conversationId, userId);
    else this.#known.set(keyOf(conversationId, userId), { row, etag, seenAt: performance.now() });
  }

  forget(conversationId: string, userId: string): void {
    this.#known.delete(keyOf(conversationId, userId));
  }
}
