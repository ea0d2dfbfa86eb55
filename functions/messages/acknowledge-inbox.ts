import { inboxAck, inboxAcknowledged } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type AcknowledgeInboxServices = Pick<Services, 'http' | 'authenticator' | 'acknowledgeInbox'>;

/** Takes messages out of the caller's inbox: they count as delivered. */
export const acknowledgeInbox = (services: AcknowledgeInboxServices): Route =>
  defineRoute(services, {
    name: 'acknowledgeInbox',
    method: 'POST',
    path: 'inbox/ack',
    tag: 'Inbox',
    summary: 'Take messages out of your inbox',
    description: 'They count as delivered. Ids that name nothing are left out, so repeating is harmless.',
    access: 'user',
    body: inboxAck,
    replies: { 200: { description: 'They are out.', schema: inboxAcknowledged } },
    handle: async ({ caller, body }) => {
      const { inboxIds } = await body();
      const acknowledged = await services.acknowledgeInbox(caller.userId, inboxIds);
      return { status: 200, jsonBody: { acknowledged } };
    },
  });
