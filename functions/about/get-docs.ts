import { answerPublished, type Published } from '../http/published.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { contentSecurityPolicy } from '../openapi/page.ts';

/** Answers a page for people to read the OpenAPI document. @param page made at the first asking */
export const getDocs = (services: HttpServices, page: () => Published): Route =>
  defineRoute(services, {
    name: 'getDocs',
    method: 'GET',
    path: 'docs',
    tag: 'Service',
    summary: 'Read this document as a page',
    access: 'anyone',
    replies: {
      200: { description: 'HTML without scripts.', mediaType: 'text/html' },
      304: { description: 'You have it already: `If-None-Match` names it.' },
    },
    handle: ({ request }) =>
      Promise.resolve(
        answerPublished(request, page(), {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': contentSecurityPolicy,
        }),
      ),
  });
