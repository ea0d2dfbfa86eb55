import { app, type HttpHandler } from '@azure/functions';
import { newConversation } from '../shared/contract/conversations.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type CreateConversationServices = Pick<Services, 'http' | 'authenticator' | 'createConversation'>;

/**
 * Creates a conversation: 201 when all its rows stand, 200 with the one that there is for the pair of users or the
 * `externalRef`. Problems: `malformed-request`, `not-a-member` (there is one, but not the caller's).
 */
export const createConversation = (services: CreateConversationServices): HttpHandler =>
  respond(services, async ({ caller, body }) => {
    const { conversation, isNew } = await services.createConversation(
      caller.userId,
      await body(newConversation),
    );
    return { status: isNew ? 201 : 200, jsonBody: conversation };
  });

export const registerCreateConversation = (services: CreateConversationServices): void =>
  app.http('createConversation', {
    methods: ['POST'],
    route: 'conversations',
    authLevel: 'anonymous',
    handler: createConversation(services),
  });
