import type { ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus';
import { cloudEvent } from '../../contract/cloud-event.ts';
import { checkEnvelope, conversationEnvelope, jobEnvelope, webhookEnvelope } from '../../contract/queue.ts';
import type { DeadLetterPlace, DeadLetterSource } from '../../domain/dead-letter.ts';
import { isGroup, redriveId } from '../../domain/identifiers.ts';
import { sessionIdOf } from './service-bus-webhook-tasks.ts';

/** To which queue or topic, and what is sent there. */
export interface WayBack {
  entity: DeadLetterSource;
  message: ServiceBusMessage;
}

/** What a message was in, seen from its content. */
type Origin = { entity: DeadLetterSource } & Pick<
  ServiceBusMessage,
  'sessionId' | 'subject' | 'contentType' | 'applicationProperties'
>;

const ofConversation = (conversationId: string): Origin => ({
  entity: isGroup(conversationId) ? 'chat-topic' : 'chat-queue',
  sessionId: conversationId,
});

/** What was put aside says by its content where it came from; undefined for what nobody here could have sent. */
const originOf = (body: unknown): Origin | undefined => {
  const inConversation = conversationEnvelope.safeParse(body).data;
  if (inConversation?.kind === 'message') return ofConversation(inConversation.message.conversationId);
  if (inConversation?.kind === 'change') return ofConversation(inConversation.change.conversationId);
  if (inConversation) return ofConversation(inConversation.piece.conversationId);
  if (checkEnvelope.safeParse(body).success) return { entity: 'chat-checks' };
  const step = jobEnvelope.safeParse(body).data;
  if (step) return { entity: 'chat-jobs', sessionId: step.job.jobId };
  const work = webhookEnvelope.safeParse(body).data;
  if (work) return { entity: 'chat-webhooks', sessionId: sessionIdOf(work.task) };
  const event = cloudEvent.safeParse(body).data;
  if (!event) return undefined;
  const { type, subject: conversationId, data } = event;
  return {
    entity: 'chat-events',
    sessionId: conversationId,
    subject: type,
    contentType: 'application/cloudevents+json',
    applicationProperties: { type, conversationId, conversationType: data.conversationType, webhooks: true },
  };
};

/** A dead letter still has everything that it was sent with, and why it is dead besides. */
const asItWas = (entity: DeadLetterSource, dead: ServiceBusReceivedMessage): Origin => {
  const { sessionId, subject, contentType } = dead;
  const {
    DeadLetterReason: _,
    DeadLetterErrorDescription: __,
    ...applicationProperties
  } = dead.applicationProperties ?? {};
  return {
    entity,
    applicationProperties,
    ...(sessionId !== undefined && { sessionId }),
    ...(subject !== undefined && { subject }),
    ...(contentType !== undefined && { contentType }),
  };
};

/**
 * How a dead letter goes back to where it came from. Its id is one that the queue has not seen yet, for its first one may
 * still count as a repeat; of the same dead letter it is the same, so that sending it twice is sending it once.
 * @returns undefined when nobody can tell where it came from
 */
export const wayBackOf = (place: DeadLetterPlace, dead: ServiceBusReceivedMessage): WayBack | undefined => {
  const body = dead.body as unknown;
  const origin = place.source === 'chat-deadletter' ? originOf(body) : asItWas(place.source, dead);
  if (!origin) return undefined;
  const { entity, ...fields } = origin;
  const { correlationId, messageId } = dead;
  return {
    entity,
    message: {
      contentType: 'application/json',
      ...fields,
      body,
      messageId: redriveId(place.source, String(place.sequenceNumber), String(messageId ?? '')),
      ...(correlationId !== undefined && { correlationId }),
    },
  };
};
