import { z } from 'zod';
import { type ChatEvent, chatEventTypes } from '../domain/chat-event.ts';

/** Events come from one source: with it their ids are unique, as CloudEvents wants them. */
const source = '/parley';

const eventData = z.looseObject({
  seq: z.number().optional(),
  rev: z.number().optional(),
  conversationType: z.enum(['direct', 'group']),
  memberCount: z.number(),
});

/** An event within a queue message of the app's own. */
export const chatEvent = z.object({
  id: z.string().min(1),
  type: z.enum(chatEventTypes),
  conversationId: z.string().min(1),
  at: z.iso.datetime(),
  data: eventData,
});

/**
 * What other services are told, as CloudEvents 1.0 in structured JSON
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md), with the extension `traceparent`.
 */
export const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.literal(source),
  type: z.enum(chatEventTypes),
  /** The conversation. */
  subject: z.string().min(1),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  traceparent: z.string().default(''),
  data: eventData,
});

type CloudEvent = z.infer<typeof cloudEvent>;

/** An event as it is sent. @param traceparent of the request that caused it; empty: none is told */
export const asCloudEvent = (
  event: ChatEvent,
  traceparent: string,
): Omit<CloudEvent, 'traceparent'> & { traceparent?: string } => ({
  specversion: '1.0',
  id: event.id,
  source,
  type: event.type,
  subject: event.conversationId,
  time: event.at,
  datacontenttype: 'application/json',
  ...(traceparent !== '' && { traceparent }),
  data: event.data,
});

/** What a CloudEvent of ours tells. */
export const chatEventOf = ({ id, type, subject, time, data }: CloudEvent): ChatEvent => ({
  id,
  type,
  conversationId: subject,
  at: time,
  data,
});
