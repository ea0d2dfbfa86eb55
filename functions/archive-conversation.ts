import { app, type HttpHandler } from '@azure/functions';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type ArchiveConversationServices = Pick<Services, 'http' | 'authenticator' | 'archiveConversation'>;

/** Puts a conversation out of the caller’s list (PUT) or back into it (DELETE): 204. Problems: `not-a-member`. */
export const archiveConversation = (services: ArchiveConversationServices): HttpHandler =>
  respond(services, async ({ caller, param, request }) => {
    await services.archiveConversation(caller.userId, param('conversationId'), request.method === 'PUT');
    return { status: 204 };
  });

export const registerArchiveConversation = (services: ArchiveConversationServices): void =>
  app.http('archiveConversation', {
    methods: ['PUT', 'DELETE'],
    route: 'conversations/{conversationId}/archive',
    authLevel: 'anonymous',
    handler: archiveConversation(services),
  });
