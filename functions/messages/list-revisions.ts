import { revisions } from '../../shared/contract/changes.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListRevisionsServices = Pick<Services, 'http' | 'authenticator' | 'listRevisions'>;

/** Answers what a message said before it was edited. */
export const listRevisions = (services: ListRevisionsServices): Route =>
  defineRoute(services, {
    name: 'listRevisions',
    method: 'GET',
    path: 'conversations/{conversationId}/messages/{messageId}/revisions',
    tag: 'Messages',
    summary: 'Read what a message said before it was edited',
    description: 'Oldest first; of a deleted message nothing.',
    access: 'member',
    replies: { 200: { description: 'All earlier versions.', schema: revisions } },
    problems: ['not-found'],
    handle: async ({ caller, param }) => {
      const items = await services.listRevisions(caller.userId, param('conversationId'), param('messageId'));
      return { status: 200, jsonBody: { items, nextCursor: null } };
    },
  });
