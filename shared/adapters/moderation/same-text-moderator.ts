import { createHash } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Moderator, Submission, Verdict } from '../../ports/moderator.ts';

interface Said {
  /** Milliseconds since 1970. */
  since: number;
  messageIds: Set<string>;
}

const windowMs = 60_000;

/** What people say again and again is short: yes, ok, thanks. */
const minLength = 16;

/** Texts that are remembered, as hashes. */
const maxTexts = 50_000;

const keyOf = (userId: string, text: string): string =>
  createHash('sha256')
    .update(JSON.stringify([userId, text.toLowerCase().split(/\s+/u).join(' ')]))
    .digest('base64url');

/**
 * Refuses the same text of the same sender as another message too many times within a minute, as far as this instance
 * sees. A message that is sent again, because its answer was lost, is the same message and never refused for it.
 */
export class SameTextModerator implements Moderator {
  readonly #clock: Clock;
  readonly #max: number;
  /** In the order in which they were first said. */
  readonly #said = new Map<string, Said>();

  /** @param max messages of one text in a minute */
  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  review({ text, userId, messageId }: Submission): Promise<Verdict> {
    if (userId === undefined || messageId === undefined || text.trim().length < minLength)
      return Promise.resolve({ allowed: true });
    const { messageIds } = this.#saidOf(keyOf(userId, text.trim()));
    if (messageIds.has(messageId)) return Promise.resolve({ allowed: true });
    if (messageIds.size >= this.#max)
      return Promise.resolve({
        allowed: false,
        reason: 'same-text',
        detail: `You have sent this text ${this.#max} times within a minute.`,
      });
    messageIds.add(messageId);
    return Promise.resolve({ allowed: true });
  }

  #saidOf(key: string): Said {
    const now = this.#clock.now().getTime();
    for (const [oldest, { since }] of this.#said) {
      const isOver = Math.abs(now - since) >= windowMs;
      if (!isOver && this.#said.size < maxTexts) break;
      this.#said.delete(oldest);
    }
    const said = this.#said.get(key) ?? { since: now, messageIds: new Set() };
    this.#said.set(key, said);
    return said;
  }
}
