/** How an entity behaves. Durations in ms. */
export interface QueueSettings {
  lockDurationMs: number;
  maxDeliveryCount: number;
  requiresSession: boolean;
  /** No duplicate detection if undefined. */
  duplicateWindowMs: number | undefined;
  /** Messages live for ever if undefined. */
  defaultTtlMs: number | undefined;
  deadLetterOnExpiry: boolean;
}

export type TopicSettings = Pick<QueueSettings, 'duplicateWindowMs' | 'defaultTtlMs'>;

/** The largest message (or batch of messages) taken: 256 KB, as in the Standard tier. */
export const maxMessageSize = 256 * 1024;
