import { app, type HttpHandler } from '@azure/functions';
import { inboxAck } from '../shared/contract/lists.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type AcknowledgeInboxServices = Pick<Services, 'http' | 'authenticator' | 'acknowledgeInbox'>;

/**
 * Takes messages out of the caller's inbox: they count as delivered. Ids that name nothing are left out, so repeating is
 * harmless. Answers how many were there. Problems: `malformed-request`.
 */
export const acknowledgeInbox = (services: AcknowledgeInboxServices): HttpHandler =>
  respond(services, async ({ caller, body }) => {
    const { inboxIds } = await body(inboxAck);
    return { jsonBody: { acknowledged: await services.acknowledgeInbox(caller.userId, inboxIds) } };
  });

export const registerAcknowledgeInbox = (services: AcknowledgeInboxServices): void =>
  app.http('acknowledgeInbox', {
    methods: ['POST'],
    route: 'inbox/ack',
    authLevel: 'anonymous',
    handler: acknowledgeInbox(services),
  });
