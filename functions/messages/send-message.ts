import { conversationIdIn, sendMessageRequest, sendReceipt } from '../../shared/contract/send-message.ts';
import { attachmentRefusals } from '../../shared/domain/attachment.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type SendMessageServices = Pick<Services, 'http' | 'authenticator' | 'sendMessage' | 'messageLimits'>;

/** Accepts a message for a user or a conversation; `deliverMessage` gives it its place and delivers it. */
export const sendMessage = (services: SendMessageServices): Route =>
  defineRoute(services, {
    name: 'sendMessage',
    method: 'POST',
    path: 'sendMessage',
    tag: 'Messages',
    summary: 'Send a message to a user or a conversation',
    description:
      'Repeating it with the same `clientMessageId` names the same message, for ever. Field names match without regard to case. With `attachment`, upload the bytes to the `uploadUrl` of the answer, and complete it; with `attachmentId` it has one that you have reserved before.',
    access: 'user',
    body: sendMessageRequest(services.messageLimits),
    replies: { 202: { description: 'The queue holds it; it will be delivered.', schema: sendReceipt } },
    problems: [
      'not-a-member',
      'sender-mismatch',
      'not-found',
      'blocked',
      'rate-limited',
      'message-rejected',
      'attachment-used',
      ...attachmentRefusals,
    ],
    handle: async ({ caller, rawBody, body, context, traceparent }) => {
      const request = { conversationId: conversationIdIn(await rawBody()), draft: body };
      const receipt = await services.sendMessage(caller.userId, request, { traceparent });
      const { messageId, conversationId } = receipt;
      logEvent(context, 'info', 'message.accepted', { messageId, conversationId });
      return { status: 202, jsonBody: receipt };
    },
  });
