import type { InputData, TypedData } from './rpc-data.ts';

/** One call of a function. */
export interface Invocation {
  inputData: InputData[];
  triggerMetadata: Record<string, TypedData>;
  /** Why it runs, as the log says it: `Timer fired at …`. */
  reason: string;
  /** What started it, for whoever wants to see it: a request's method and path, a message. */
  about?: { request?: string; message?: MessageFacts } | undefined;
  /** W3C trace context of the caller; a new, unsampled one is made when absent. */
  traceParent?: string | undefined;
  traceState?: string | undefined;
  /** A further line for the log: which message, which blob. Built only if it is written. */
  details?: () => string;
}

/** Which message it was; its content is not among it. */
export interface MessageFacts {
  entity: string;
  messageId?: string | undefined;
  sessionId?: string | undefined;
  correlationId?: string | undefined;
  deliveryCount: number;
  sequenceNumber?: number | string | undefined;
  enqueuedAt?: Date | undefined;
}
