import { app, type HttpHandler } from '@azure/functions';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type GetConversationServices = Pick<Services, 'http' | 'authenticator' | 'getConversation'>;

/** Answers a conversation as the caller sees it. Problems: `not-a-member`. */
export const getConversation = (services: GetConversationServices): HttpHandler =>
  respond(services, async ({ caller, param }) => ({
    jsonBody: await services.getConversation(caller.userId, param('conversationId')),
    headers: { 'cache-control': 'no-store' },
  }));

export const registerGetConversation = (services: GetConversationServices): void =>
  app.http('getConversation', {
    methods: ['GET'],
    route: 'conversations/{conversationId}',
    authLevel: 'anonymous',
    handler: getConversation(services),
  });
