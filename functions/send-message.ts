import { app, type HttpHandler } from '@azure/functions';
import { sendMessageRequest } from '../shared/contract/send-message.ts';
import { respond } from './http/respond.ts';
import { logEvent } from './log.ts';
import type { Services } from './services.ts';

type SendMessageServices = Pick<Services, 'http' | 'authenticator' | 'sendMessage' | 'messageLimits'>;

/**
 * Accepts a message for a user or a conversation; `deliverMessage` gives it its place and delivers it.
 * Answers 202 once the queue holds it. Problems: `malformed-request`, `sender-mismatch`, `not-a-member`,
 * `rate-limited`, `message-rejected`, `unavailable`.
 */
export const sendMessage = (services: SendMessageServices): HttpHandler => {
  const request = sendMessageRequest(services.messageLimits);
  return respond(services, async ({ caller, body, context, traceparent }) => {
    const receipt = await services.sendMessage(caller.userId, await body(request), { traceparent });
    const { messageId, conversationId } = receipt;
    logEvent(context, 'info', 'message.accepted', { messageId, conversationId });
    return { status: 202, jsonBody: receipt };
  });
};

export const registerSendMessage = (services: SendMessageServices): void =>
  app.http('sendMessage', {
    methods: ['POST'],
    route: 'sendMessage',
    authLevel: 'anonymous', // respond() checks the caller's token
    handler: sendMessage(services),
  });
