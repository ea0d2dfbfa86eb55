import { answerPublished, type Published } from '../http/published.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** Answers the OpenAPI document of all routes. @param document made at the first asking, which costs some milliseconds */
export const getOpenApi = (services: HttpServices, document: () => Published): Route =>
  defineRoute(services, {
    name: 'getOpenApi',
    method: 'GET',
    path: 'openapi.json',
    tag: 'Service',
    summary: 'Get this document',
    access: 'anyone',
    replies: {
      200: { description: 'OpenAPI 3.1.', mediaType: 'application/json' },
      304: { description: 'You have it already: `If-None-Match` names it.' },
    },
    handle: ({ request }) =>
      Promise.resolve(answerPublished(request, document(), { 'content-type': 'application/json' })),
  });
