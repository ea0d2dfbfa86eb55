import { app } from '@azure/functions';
import type { Route } from './route.ts';

/** Makes a function of each route known to the host. The routes see to authentication themselves. */
export const registerRoutes = (routes: readonly Route[]): void => {
  for (const { name, method, path, handler } of routes)
    app.http(name, { methods: [method], route: path, authLevel: 'anonymous', handler });
};
