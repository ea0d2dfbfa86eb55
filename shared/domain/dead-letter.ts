/**
 * Where messages end up that were not worked off. By the name of their queue, or of the topic whose subscription of the
 * app's own they were in: its dead-letter queue. `chat-deadletter` is a queue of its own, of what the app has put aside.
 */
export const deadLetterSources = [
  'chat-queue',
  'chat-topic',
  'chat-checks',
  'chat-jobs',
  'chat-webhooks',
  'chat-events',
  'chat-deadletter',
] as const;

export type DeadLetterSource = (typeof deadLetterSources)[number];

/** Where a dead letter is. Those of a source are in the order of their numbers, the oldest first. */
export interface DeadLetterPlace {
  source: DeadLetterSource;
  sequenceNumber: bigint;
}

/** A dead letter without its content. */
export interface DeadLetter {
  deadLetterId: string;
  source: DeadLetterSource;
  /** `MaxDeliveryCountExceeded`, `TTLExpiredException`; of what was put aside, the code of its refusal. */
  reason: string | null;
  detail: string | null;
  /** When it came into its queue; of what was put aside, when that was done. */
  enqueuedAt: string;
  deliveryCount: number;
  /** What it waits its turn in: a conversation, a job, or a webhook and conversation. */
  sessionId: string | null;
  /** Of the request that caused it. */
  traceId: string | null;
}

export const deadLetterIdOf = ({ source, sequenceNumber }: DeadLetterPlace): string =>
  `${source}~${sequenceNumber}`;

/** Undefined for what names no place. */
export const deadLetterPlaceOf = (deadLetterId: string): DeadLetterPlace | undefined => {
  const [, name, number] = /^([a-z-]{1,40})~(\d{1,19})$/.exec(deadLetterId) ?? [];
  const source = deadLetterSources.find((known) => known === name);
  return source && number !== undefined ? { source, sequenceNumber: BigInt(number) } : undefined;
};
