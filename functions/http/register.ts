import { app } from '@azure/functions';
import { answerPreflight } from './headers.ts';
import type { Route } from './route.ts';

/** Makes a function of each route known to the host. The routes see to authentication themselves. */
export const registerRoutes = (routes: readonly Route[]): void => {
  for (const { name, method, path, handler } of routes)
    app.http(name, { methods: [method], route: path, authLevel: 'anonymous', handler });
};

/**
 * Lets browsers ask before a page of another origin calls (CORS). It stands for all paths but those with an OPTIONS of
 * their own, and is not a part of the documented API: apps never call it.
 */
export const registerPreflight = (allowedOrigins: readonly string[]): void =>
  app.http('preflight', {
    methods: ['OPTIONS'],
    route: '{*path}',
    authLevel: 'anonymous',
    handler: (request) => answerPreflight(request, allowedOrigins),
  });
