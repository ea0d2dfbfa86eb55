import { directConversationId } from '../../domain/identifiers.ts';
import type { Block, Blocks } from '../../ports/blocks.ts';

/** Blocks that live as long as the process: for tests and simulations. */
export class MemoryBlocks implements Blocks {
  readonly #blocks = new Map<string, Map<string, Block>>();
  readonly #pairs = new Map<string, Set<string>>();

  block(userId: string, blockedId: string, now: Date): Promise<void> {
    const blocked = this.#blocks.get(userId) ?? new Map<string, Block>();
    if (!blocked.has(blockedId)) blocked.set(blockedId, { userId: blockedId, blockedAt: now.toISOString() });
    this.#blocks.set(userId, blocked);
    const pair = directConversationId(userId, blockedId);
    this.#pairs.set(pair, (this.#pairs.get(pair) ?? new Set()).add(userId));
    return Promise.resolve();
  }

  unblock(userId: string, blockedId: string): Promise<void> {
    this.#blocks.get(userId)?.delete(blockedId);
    this.#pairs.get(directConversationId(userId, blockedId))?.delete(userId);
    return Promise.resolve();
  }

  blockedBy(userId: string, limit: number, after = ''): Promise<Block[]> {
    const blocked = [...(this.#blocks.get(userId)?.values() ?? [])].filter(({ userId: id }) => id > after);
    return Promise.resolve(blocked.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)).slice(0, limit));
  }

  blockersIn(conversationId: string): Promise<readonly string[]> {
    return Promise.resolve([...(this.#pairs.get(conversationId) ?? [])]);
  }

  close(conversationId: string, userId: string): Promise<void> {
    this.#pairs.set(conversationId, (this.#pairs.get(conversationId) ?? new Set()).add(userId));
    return Promise.resolve();
  }
}
