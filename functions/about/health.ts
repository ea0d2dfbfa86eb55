import { z } from 'zod';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type HealthServices = Pick<Services, 'http' | 'authenticator' | 'checkReadiness'>;

/** Answers 200 as long as the process answers at all. */
export const live = (services: HealthServices): Route =>
  defineRoute(services, {
    name: 'healthLive',
    method: 'GET',
    path: 'health/live',
    tag: 'Service',
    summary: 'See whether the process answers',
    access: 'anyone',
    replies: { 200: { description: 'It does.', schema: z.object({ status: z.literal('live') }) } },
    handle: () => Promise.resolve({ status: 200, jsonBody: { status: 'live' } } as const),
  });

/** Answers 200 when storage can be reached. */
export const ready = (services: HealthServices): Route =>
  defineRoute(services, {
    name: 'healthReady',
    method: 'GET',
    path: 'health/ready',
    tag: 'Service',
    summary: 'See whether storage can be reached',
    access: 'anyone',
    replies: { 200: { description: 'It can.', schema: z.object({ status: z.literal('ready') }) } },
    handle: async () => {
      await services.checkReadiness();
      return { status: 200, jsonBody: { status: 'ready' } } as const;
    },
  });
