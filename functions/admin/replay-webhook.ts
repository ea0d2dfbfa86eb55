import { replay, replayRequest } from '../../shared/contract/webhooks.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ReplayWebhookServices = Pick<Services, 'http' | 'authenticator' | 'replayWebhook'>;

/** Tells a webhook of a conversation's messages again. */
export const replayWebhook = (services: ReplayWebhookServices): Route =>
  defineRoute(services, {
    name: 'replayWebhook',
    method: 'POST',
    path: 'webhooks/{webhookId}/replay',
    tag: 'Administration',
    summary: 'Tell a webhook of messages again',
    description:
      'From `fromSeq` (1) to the newest, as the messages are now and under the ids that their events had. A webhook that was disabled is switched on again.',
    access: 'app admin',
    body: replayRequest,
    replies: { 202: { description: 'The queue holds the job.', schema: replay } },
    problems: ['not-found', 'events-disabled'],
    handle: async ({ caller, param, body, traceparent }) => ({
      status: 202,
      jsonBody: await services.replayWebhook(caller, param('webhookId'), body, { traceparent }),
    }),
  });
