import type { Head } from '../../domain/conversation.ts';
import type { Wanted } from '../../domain/search.ts';
import type { ConversationLog } from '../../ports/conversation-log.ts';
import type { MessageSearch, Stretch } from '../../ports/message-search.ts';
import { scanLog } from '../scan-log.ts';

/** Reads the log each time, so there is nothing to forget: for tests and simulations. */
export class MemoryMessageSearch implements MessageSearch {
  readonly #log: Pick<ConversationLog, 'read'>;
  readonly #stretch: number;

  /** @param stretch places that one look covers */
  constructor(log: Pick<ConversationLog, 'read'>, stretch = 1000) {
    this.#log = log;
    this.#stretch = stretch;
  }

  async find(
    { conversationId }: Pick<Head, 'conversationId'>,
    upTo: number,
    wanted: Wanted,
  ): Promise<Stretch> {
    const from = Math.max(1, upTo - this.#stretch + 1);
    return { ...(await scanLog(this.#log, conversationId, { from, to: upTo }, wanted)), cost: 1 };
  }

  forget(): Promise<void> {
    return Promise.resolve();
  }
}
