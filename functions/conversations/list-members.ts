import { members } from '../../shared/contract/changes.ts';
import { pageQuery } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListMembersServices = Pick<Services, 'http' | 'authenticator' | 'listMembers'>;

/** Answers who is in a conversation; `not-a-member` comes before anything of the query is looked at. */
export const listMembers = (services: ListMembersServices): Route =>
  defineRoute(services, {
    name: 'listMembers',
    method: 'GET',
    path: 'conversations/{conversationId}/members',
    tag: 'Members',
    summary: 'List the members of a conversation',
    access: 'member',
    query: pageQuery,
    replies: { 200: { description: 'A page of them, by user id.', schema: members } },
    handle: async ({ caller, param, query }) => ({
      status: 200,
      jsonBody: await services.listMembers(caller.userId, param('conversationId'), query),
    }),
  });
