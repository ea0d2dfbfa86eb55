import { erasureReceipt } from '../../shared/contract/jobs.ts';
import { logEvent } from '../log.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type EraseOwnAccountServices = Pick<Services, 'http' | 'anyAuthenticator' | 'eraseUser'>;

/** Begins to erase the caller. Their token is good for asking again, should the answer have been lost. */
export const eraseOwnAccount = (services: EraseOwnAccountServices): Route =>
  defineRoute(
    { http: services.http, authenticator: services.anyAuthenticator },
    {
      name: 'eraseOwnAccount',
      method: 'DELETE',
      path: 'users/me',
      tag: 'Users',
      summary: 'Erase yourself',
      description:
        'For good: your account, your profile, what you wrote (its places remain, empty), your files, reactions, blocks and inbox. You leave all conversations; a group whose last owner you are gets another one. Your user id is never given again. `GET /api/jobs/{jobId}` tells how far it has come; asking again answers the same job.',
      access: 'user',
      replies: { 202: { description: 'It will be done.', schema: erasureReceipt } },
      problems: ['unavailable'],
      handle: async ({ caller, context, traceparent }) => {
        const receipt = await services.eraseUser(caller.userId, { traceparent });
        logEvent(context, 'info', 'erasure.accepted', {});
        return { status: 202, jsonBody: receipt };
      },
    },
  );
