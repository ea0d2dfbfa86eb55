import { deliveryReceipt, eventRef, readReceipt, typing } from '../../shared/contract/client-events.ts';
import {
  conversationIdIn,
  sendMessageRequest,
  type SendMessageRequest,
} from '../../shared/contract/send-message.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import type { EventError, ServerEvent } from '../../shared/domain/event.ts';
import { parse } from '../http/body.ts';
import type { Services } from '../services.ts';

export type ClientEventServices = Pick<
  Services,
  'sendMessage' | 'recordReceipt' | 'acknowledgeMessages' | 'showTyping' | 'messageLimits' | 'clock'
>;

/** An event that a client sent over its socket. */
export interface ClientEvent {
  name: string;
  userId: string;
  data: unknown;
  /** Why it is not even looked at. */
  refusal: ChatError | undefined;
  traceparent: string;
  /** The same for every try of the service to deliver this event, and no other. */
  eventId: string;
}

type Ref = string | number | null;
type Done = { messageId?: string; conversationId?: string } | 'pong';

/** An event that is told again must not become a second message. */
const withClientMessageId = (draft: SendMessageRequest, eventId: string): SendMessageRequest => ({
  ...draft,
  clientMessageId: draft.clientMessageId ?? eventId,
});

const run = async (
  services: ClientEventServices,
  messageDraft: ReturnType<typeof sendMessageRequest>,
  { name, userId, data, traceparent, eventId }: ClientEvent,
): Promise<Done> => {
  switch (name) {
    case 'message.send': {
      const draft = () => Promise.resolve(withClientMessageId(parse(messageDraft, data), eventId));
      const { messageId, conversationId, attachment } = await services.sendMessage(
        userId,
        { conversationId: conversationIdIn(data), draft },
        { traceparent },
      );
      return { messageId, conversationId, ...(attachment && { attachment }) };
    }
    case 'receipt.delivered': {
      const { conversationId, upToSeq = 0, seqs, traceparent: given } = parse(deliveryReceipt, data);
      const tracing = { traceparent: given ?? traceparent };
      const upTo = () => Promise.resolve(upToSeq);
      if (seqs) await services.acknowledgeMessages(userId, conversationId, seqs, tracing);
      else await services.recordReceipt(userId, 'delivered', conversationId, upTo, tracing);
      return {};
    }
    case 'receipt.read': {
      const { conversationId, upToSeq, traceparent: given } = parse(readReceipt, data);
      const tracing = { traceparent: given ?? traceparent };
      const upTo = () => Promise.resolve(upToSeq);
      await services.recordReceipt(userId, 'read', conversationId, upTo, tracing);
      return {};
    }
    case 'typing': {
      const { conversationId, isTyping } = parse(typing, data);
      await services.showTyping(userId, conversationId, () => Promise.resolve({ isTyping }));
      return {};
    }
    case 'ping':
      return 'pong';
    default:
      throw new UnknownEvent(name);
  }
};

class UnknownEvent extends Error {}

const errorOf = (error: unknown): EventError => {
  if (!(error instanceof ChatError)) return { code: 'internal-error', message: 'Something went wrong here.' };
  return {
    code: error.code,
    message: error.message,
    ...(error.retryAfterSeconds !== undefined && { retryAfter: error.retryAfterSeconds }),
    ...(error.errors && { errors: error.errors }),
    ...(error.reason && { reason: error.reason }),
  };
};

/** The answer for the client, and what went wrong if that is a bug. */
export interface Handled {
  answer: ServerEvent;
  bug?: unknown;
}

/**
 * Does what clients' events ask for. It never throws: an answer that is not 2xx would cost the client its connection.
 */
export const clientEventHandler = (
  services: ClientEventServices,
): ((event: ClientEvent) => Promise<Handled>) => {
  const messageDraft = sendMessageRequest(services.messageLimits);
  return async (event) => {
    const at = services.clock.now().toISOString();
    const ref: Ref = eventRef.safeParse(event.data).data?.ref ?? null;
    try {
      if (event.refusal) throw event.refusal;
      const done = await run(services, messageDraft, event);
      return {
        answer: done === 'pong' ? { type: 'pong', at, ref } : { type: 'ack', at, ref, ok: true, ...done },
      };
    } catch (error) {
      if (error instanceof UnknownEvent)
        return { answer: { type: 'error', at, ref, ...unknownEvent(event.name) } };
      const answer: ServerEvent = { type: 'ack', at, ref, ok: false, error: errorOf(error) };
      return error instanceof ChatError ? { answer } : { answer, bug: error };
    }
  };
};

const unknownEvent = (name: string): Pick<EventError, 'code' | 'message'> => ({
  code: 'unknown-event',
  message: `There is no event '${name.slice(0, 64)}'. Send message.send, receipt.delivered, receipt.read, typing or ping.`,
});
