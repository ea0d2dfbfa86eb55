import { forwardReceipt, forwardRequest } from '../../shared/contract/forward.ts';
import { attachmentRefusals } from '../../shared/domain/attachment.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type ForwardMessageServices = Pick<Services, 'http' | 'authenticator' | 'forwardMessage'>;

/** Sends a message once more, to other conversations; `not-a-member` comes before the body is looked at. */
export const forwardMessage = (services: ForwardMessageServices): Route =>
  defineRoute(services, {
    name: 'forwardMessage',
    method: 'POST',
    path: 'conversations/{conversationId}/messages/{messageId}/forward',
    tag: 'Messages',
    summary: 'Forward a message to other conversations',
    description:
      'To all of them or to none; you have to be a member of each. Its text and its attachment go with it, and who wrote ' +
      'it, but nothing of the conversation it comes from. It expires when the original does. Asking again with the same ' +
      '`clientMessageId` names the same messages. Each counts as a message that you send.',
    access: 'member',
    body: forwardRequest,
    replies: { 202: { description: 'The queue holds all of them.', schema: forwardReceipt } },
    problems: [
      'not-found',
      'not-permitted',
      'message-deleted',
      'blocked',
      'rate-limited',
      'message-rejected',
      'attachment-pending',
      ...attachmentRefusals,
    ],
    handle: async ({ caller, param, body, context, traceparent }) => {
      const source = { conversationId: param('conversationId'), messageId: param('messageId') };
      const receipt = await services.forwardMessage(caller.userId, source, body, { traceparent });
      for (const { messageId, conversationId } of receipt.messages)
        logEvent(context, 'info', 'message.accepted', { messageId, conversationId });
      return { status: 202, jsonBody: receipt };
    },
  });
