import { watermark } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type RecordReceiptServices = Pick<Services, 'http' | 'authenticator' | 'recordReceipt'>;

/** What both routes are; `not-a-member` comes before the body is looked at. */
const common = {
  method: 'PUT',
  access: 'member',
  body: watermark,
  isBodyOptional: true,
  description: 'Without a body, everything. Watermarks only rise, and end at the newest message.',
  replies: { 204: { description: 'It is recorded, and the others are told.' } },
} as const;

/** Everything there is. */
const everything = Number.MAX_SAFE_INTEGER;

/** Records that the caller has read everything up to a place. */
export const markRead = (services: RecordReceiptServices): Route =>
  defineRoute(services, {
    ...common,
    name: 'markRead',
    path: 'conversations/{conversationId}/read',
    tag: 'Messages',
    summary: 'Say up to where you have read',
    handle: async ({ caller, param, body, traceparent }) => {
      const upTo = async () => (await body()).upToSeq ?? everything;
      await services.recordReceipt(caller.userId, 'read', param('conversationId'), upTo, { traceparent });
      return { status: 204 };
    },
  });

/** Records that everything up to a place has reached the caller. */
export const markDelivered = (services: RecordReceiptServices): Route =>
  defineRoute(services, {
    ...common,
    name: 'markDelivered',
    path: 'conversations/{conversationId}/delivered',
    tag: 'Messages',
    summary: 'Say up to where everything has reached you',
    handle: async ({ caller, param, body, traceparent }) => {
      const upTo = async () => (await body()).upToSeq ?? everything;
      const conversationId = param('conversationId');
      await services.recordReceipt(caller.userId, 'delivered', conversationId, upTo, { traceparent });
      return { status: 204 };
    },
  });
