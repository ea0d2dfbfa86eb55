import { app, type HttpHandler } from '@azure/functions';
import { typing } from '../shared/contract/client-events.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type ShowTypingServices = Pick<Services, 'http' | 'authenticator' | 'requireMember' | 'showTyping'>;

/**
 * Shows the other members that the caller is typing, or has stopped: 204. Problems: `not-a-member` (before the body is
 * looked at), `malformed-request`, `rate-limited`.
 */
export const showTyping = (services: ShowTypingServices): HttpHandler =>
  respond(services, async ({ caller, param, rawBody, parse }) => {
    const conversationId = param('conversationId');
    await services.requireMember(conversationId, caller.userId);
    const body = await rawBody();
    const { isTyping } = parse(typing, { ...(body as object), conversationId });
    await services.showTyping(caller.userId, conversationId, isTyping);
    return { status: 204 };
  });

export const registerShowTyping = (services: ShowTypingServices): void =>
  app.http('showTyping', {
    methods: ['POST'],
    route: 'conversations/{conversationId}/typing',
    authLevel: 'anonymous',
    handler: showTyping(services),
  });
