import { sendReceipt, sendToConversationRequest } from '../../shared/contract/send-message.ts';
import { attachmentRefusals } from '../../shared/domain/attachment.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type SendToConversationServices = Pick<Services, 'http' | 'authenticator' | 'sendMessage' | 'messageLimits'>;

/** Accepts a message for the conversation of the route; `not-a-member` comes before the body is looked at. */
export const sendToConversation = (services: SendToConversationServices): Route =>
  defineRoute(services, {
    name: 'sendToConversation',
    method: 'POST',
    path: 'conversations/{conversationId}/messages',
    tag: 'Messages',
    summary: 'Send a message to a conversation',
    description: 'As `sendMessage`; the route names the conversation.',
    access: 'member',
    body: sendToConversationRequest(services.messageLimits),
    replies: { 202: { description: 'The queue holds it; it will be delivered.', schema: sendReceipt } },
    problems: [
      'sender-mismatch',
      'blocked',
      'rate-limited',
      'message-rejected',
      'not-found',
      'attachment-used',
      ...attachmentRefusals,
    ],
    handle: async ({ caller, param, body, context, traceparent }) => {
      const conversationId = param('conversationId');
      const draft = async () => ({ ...(await body()), conversationId });
      const receipt = await services.sendMessage(caller.userId, { conversationId, draft }, { traceparent });
      logEvent(context, 'info', 'message.accepted', { messageId: receipt.messageId, conversationId });
      return { status: 202, jsonBody: receipt };
    },
  });
