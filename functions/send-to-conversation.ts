import { app, type HttpHandler } from '@azure/functions';
import { sendMessageRequest } from '../shared/contract/send-message.ts';
import { malformed } from '../shared/domain/errors.ts';
import { respond } from './http/respond.ts';
import { logEvent } from './log.ts';
import type { Services } from './services.ts';

type SendToConversationServices = Pick<Services, 'http' | 'authenticator' | 'sendMessage' | 'messageLimits'>;

const withConversation = (body: unknown, conversationId: string): unknown =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body, conversationId } : body;

/**
 * Accepts a message for the conversation of the route; otherwise as `sendMessage`.
 * Problems: `not-a-member` (before the body is looked at), then those of `sendMessage`.
 */
export const sendToConversation = (services: SendToConversationServices): HttpHandler => {
  const request = sendMessageRequest(services.messageLimits);
  return respond(services, async ({ caller, param, rawBody, parse, context, traceparent }) => {
    const conversationId = param('conversationId');
    const draft = async () => {
      const parsed = parse(request, withConversation(await rawBody(), conversationId));
      if (parsed.receiverId === undefined) return parsed;
      throw malformed('/receiverId', 'must be left out: the route names the conversation');
    };
    const receipt = await services.sendMessage(caller.userId, { conversationId, draft }, { traceparent });
    logEvent(context, 'info', 'message.accepted', { messageId: receipt.messageId, conversationId });
    return { status: 202, jsonBody: receipt };
  });
};

export const registerSendToConversation = (services: SendToConversationServices): void =>
  app.http('sendToConversation', {
    methods: ['POST'],
    route: 'conversations/{conversationId}/messages',
    authLevel: 'anonymous',
    handler: sendToConversation(services),
  });
