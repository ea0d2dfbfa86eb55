/** What a receiver's disposition means (AMQP 1.0 §3.4). */
import type { Outcome } from '../engine/settle.ts';
import { asRecord, asString } from './narrow.ts';

export const outcomeEvents = ['accepted', 'released', 'modified', 'rejected'] as const;

export function readOutcome(event: (typeof outcomeEvents)[number], state: unknown): Outcome {
  switch (event) {
    case 'accepted':
      return { kind: 'complete' };
    case 'released':
      return { kind: 'release' };
    case 'modified': {
      const { undeliverable_here: undeliverableHere, message_annotations: properties } = state as {
        undeliverable_here?: boolean | null;
        message_annotations?: unknown;
      };
      return { kind: undeliverableHere ? 'defer' : 'abandon', properties: asRecord(properties) };
    }
    case 'rejected':
      return readRejection(state);
  }
}

/** The reason and the description travel in the error's info, beside the properties to change. */
function readRejection(state: unknown): Outcome {
  const { error } = state as { error?: { description?: unknown; info?: unknown } | null };
  const { DeadLetterReason, DeadLetterErrorDescription, ...properties } = asRecord(error?.info) ?? {};
  return {
    kind: 'dead-letter',
    reason: asString(DeadLetterReason),
    description: asString(DeadLetterErrorDescription),
    properties,
  };
}
