import { odata } from '@azure/data-tables';
import { blockCacheMs } from '../../domain/block.ts';
import { directConversationId } from '../../domain/identifiers.ts';
import type { Block, Blocks } from '../../ports/blocks.ts';
import type { Clock } from '../../ports/clock.ts';
import { isWithin } from '../is-within.ts';
import { deleteRow } from './delete-rows.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey } from './keys.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { listRows, type Tables } from './tables.ts';

/** An answer, perhaps still under way, so that many messages at once cost one query. */
interface Asked {
  blockers: Promise<readonly string[]>;
  until: number;
}

/** `|` is in no encoded id, so pairs and users cannot be taken for each other. */
const pairKey = (conversationId: string): string => `pair|${conversationId}`;

/**
 * The table `Blocks`: in the partition of a pair of users, named by their direct conversation, who has blocked the other:
 * one query answers for both. In the partition of a user, whom that user has blocked.
 */
export class TableBlocks implements Blocks {
  readonly #table: Tables['blocks'];
  readonly #clock: Clock;
  readonly #asked = new RecentlyUsed<Asked>(20_000);

  constructor(tables: Pick<Tables, 'blocks'>, clock: Clock) {
    this.#table = tables.blocks;
    this.#clock = clock;
  }

  /** The pair's row first: what fails half way is in effect, and is listed when it is repeated. */
  async block(userId: string, blockedId: string, now: Date): Promise<void> {
    const pair = directConversationId(userId, blockedId);
    await this.#add({ partitionKey: pairKey(pair), rowKey: encodeKey(userId), userId });
    this.#asked.delete(pair);
    const row = { userId: blockedId, blockedAt: now.toISOString() };
    await this.#add({ partitionKey: encodeKey(userId), rowKey: encodeKey(blockedId), ...row });
  }

  async unblock(userId: string, blockedId: string): Promise<void> {
    const pair = directConversationId(userId, blockedId);
    await deleteRow(this.#table, pairKey(pair), encodeKey(userId));
    this.#asked.delete(pair);
    await deleteRow(this.#table, encodeKey(userId), encodeKey(blockedId));
  }

  async blockedBy(userId: string, limit: number, after: string | undefined): Promise<Block[]> {
    const behind = after === undefined ? '' : encodeKey(after);
    const filter = odata`PartitionKey eq ${encodeKey(userId)} and RowKey gt ${behind}`;
    const rows = (await listRows(this.#table, filter, { limit })) as unknown as Block[];
    return rows.map(({ userId: blockedId, blockedAt }) => ({ userId: blockedId, blockedAt }));
  }

  blockersIn(conversationId: string): Promise<readonly string[]> {
    const now = this.#clock.now();
    const known = this.#asked.get(conversationId);
    if (known && isWithin(blockCacheMs, known.until, now)) return known.blockers;
    const asked = { blockers: this.#ask(conversationId), until: now.getTime() + blockCacheMs };
    this.#asked.set(conversationId, asked);
    asked.blockers.catch(() => {
      if (this.#asked.get(conversationId) === asked) this.#asked.delete(conversationId);
    });
    return asked.blockers;
  }

  async close(conversationId: string, userId: string): Promise<void> {
    await this.#add({ partitionKey: pairKey(conversationId), rowKey: encodeKey(userId), userId });
    this.#asked.delete(conversationId);
  }

  async #ask(conversationId: string): Promise<readonly string[]> {
    const rows = await listRows(this.#table, odata`PartitionKey eq ${pairKey(conversationId)}`);
    return rows.map((row) => (row as unknown as { userId: string }).userId);
  }

  async #add(row: { partitionKey: string; rowKey: string } & Record<string, string>): Promise<void> {
    try {
      await guard(() => this.#table.createEntity(row));
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
  }
}
