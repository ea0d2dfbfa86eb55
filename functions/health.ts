import { app, type HttpHandler } from '@azure/functions';
import { respondToAnyone } from './http/respond.ts';
import type { Services } from './services.ts';

type HealthServices = Pick<Services, 'http' | 'authenticator' | 'checkReadiness'>;

/** Answers 200 as long as the process answers at all. */
export const live = (services: HealthServices): HttpHandler =>
  respondToAnyone(services, () => Promise.resolve({ jsonBody: { status: 'live' } }));

/** Answers 200 when storage can be reached. Problems: `unavailable`. */
export const ready = (services: HealthServices): HttpHandler =>
  respondToAnyone(services, async () => {
    await services.checkReadiness();
    return { jsonBody: { status: 'ready' } };
  });

export const registerHealth = (services: HealthServices): void => {
  app.http('healthLive', {
    methods: ['GET'],
    route: 'health/live',
    authLevel: 'anonymous',
    handler: live(services),
  });
  app.http('healthReady', {
    methods: ['GET'],
    route: 'health/ready',
    authLevel: 'anonymous',
    handler: ready(services),
  });
};
