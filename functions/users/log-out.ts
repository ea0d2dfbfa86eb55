import { logEvent } from '../log.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type LogOutServices = Pick<Services, 'http' | 'anyAuthenticator' | 'logOut'>;

/** Takes the caller's token back. It is good for asking again, should the answer have been lost. */
export const logOut = (services: LogOutServices): Route =>
  defineRoute(
    { http: services.http, authenticator: services.anyAuthenticator },
    {
      name: 'logOut',
      method: 'POST',
      path: 'users/logout',
      tag: 'Users',
      summary: 'Log out',
      description:
        'The token is good no more, within seconds everywhere, and the connections that were negotiated with it are closed. Other tokens of yours, and their connections, stay. A token of an identity provider is no longer taken here; the session there is for you to end.',
      access: 'user',
      replies: { 204: { description: 'You are logged out.' } },
      problems: ['unavailable'],
      handle: async ({ caller, context }) => {
        await services.logOut(caller);
        logEvent(context, 'info', 'token.taken-back', {});
        return { status: 204 };
      },
    },
  );
