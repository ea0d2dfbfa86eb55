import { app, type HttpHandler } from '@azure/functions';
import { conversationIdIn, sendMessageRequest } from '../shared/contract/send-message.ts';
import { respond } from './http/respond.ts';
import { logEvent } from './log.ts';
import type { Services } from './services.ts';

type SendMessageServices = Pick<Services, 'http' | 'authenticator' | 'sendMessage' | 'messageLimits'>;

/**
 * Accepts a message for a user or a conversation; `deliverMessage` gives it its place and delivers it.
 * Answers 202 once the queue holds it. Problems: `not-a-member` (first), `malformed-request`, `sender-mismatch`,
 * `not-found`, `rate-limited`, `message-rejected`, `unavailable`.
 */
export const sendMessage = (services: SendMessageServices): HttpHandler => {
  const request = sendMessageRequest(services.messageLimits);
  return respond(services, async ({ caller, rawBody, parse, context, traceparent }) => {
    const body = await rawBody();
    const receipt = await services.sendMessage(
      caller.userId,
      { conversationId: conversationIdIn(body), draft: () => Promise.resolve(parse(request, body)) },
      { traceparent },
    );
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
