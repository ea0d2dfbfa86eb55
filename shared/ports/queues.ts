import type { DeadLetterSource } from '../domain/dead-letter.ts';

/** What waits in a queue, or in the app's subscription of a topic. Counting ends at a bound, `isMore` says so. */
export interface QueueCount {
  queue: DeadLetterSource;
  /** To be worked off now. */
  waiting: number;
  /** Since when the oldest of these waits. */
  oldestAt: string | null;
  /** To be worked off later. */
  scheduled: number;
  deadLetters: number;
  isMore: boolean;
}

export interface Queues {
  /** @throws ChatError `unavailable` */
  count(): Promise<QueueCount[]>;
}
