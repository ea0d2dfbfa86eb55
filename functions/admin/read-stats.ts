import { stats } from '../../shared/contract/operations.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ReadStatsServices = Pick<Services, 'http' | 'authenticator' | 'readStats'>;

/** Answers operators what waits and what has failed. */
export const readStats = (services: ReadStatsServices): Route =>
  defineRoute(services, {
    name: 'readStats',
    method: 'GET',
    path: 'admin/stats',
    tag: 'Administration',
    summary: 'See what waits and what has failed',
    description:
      'Queues and webhooks as of now. Counted by looking, up to a thousand of each; rates and latencies are in the metrics.',
    access: 'app admin',
    replies: { 200: { description: 'As of now.', schema: stats } },
    handle: async ({ caller }) => ({ status: 200, jsonBody: await services.readStats(caller) }),
  });
