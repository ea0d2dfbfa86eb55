import { changesPage, changesQuery } from '../../shared/contract/changes.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListChangesServices = Pick<Services, 'http' | 'authenticator' | 'readChanges'>;

/** Answers what changed since a `rev`; `not-a-member` comes before anything of the query is looked at. */
export const listChanges = (services: ListChangesServices): Route =>
  defineRoute(services, {
    name: 'listChanges',
    method: 'GET',
    path: 'conversations/{conversationId}/changes',
    tag: 'Messages',
    summary: 'Read what has changed since you were last here',
    description:
      'Edits, deletions, reactions, pins, settings and members after a `rev`, in ascending order, as the events that told them. A client that knows its `seq` and its `rev` knows by the two what it has missed.',
    access: 'member',
    query: changesQuery,
    replies: { 200: { description: 'A page of them.', schema: changesPage } },
    handle: async ({ caller, param, query }) => ({
      status: 200,
      jsonBody: await services.readChanges(caller.userId, param('conversationId'), query),
    }),
  });
