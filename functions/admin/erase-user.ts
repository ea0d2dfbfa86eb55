import { erasureReceipt } from '../../shared/contract/jobs.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type EraseUserServices = Pick<Services, 'http' | 'authenticator' | 'eraseAnyUser'>;

/** Begins to erase a user who cannot ask for it themselves. */
export const eraseUser = (services: EraseUserServices): Route =>
  defineRoute(services, {
    name: 'eraseUser',
    method: 'DELETE',
    path: 'admin/users/{userId}',
    tag: 'Administration',
    summary: 'Erase a user',
    description:
      'As `DELETE /users/me` does, for who cannot ask themselves. For good; the id is never given again. Where identities are not Parley’s own it cannot know whether there is such a user: check the id.',
    access: 'app admin',
    replies: { 202: { description: 'It will be done.', schema: erasureReceipt } },
    problems: ['not-found'],
    handle: async ({ caller, param, context, traceparent }) => {
      const receipt = await services.eraseAnyUser(caller, param('userId'), { traceparent });
      logEvent(context, 'info', 'erasure.accepted', {});
      return { status: 202, jsonBody: receipt };
    },
  });
