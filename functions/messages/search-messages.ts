import { foundPage, searchQuery } from '../../shared/contract/search.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type SearchMessagesServices = Pick<Services, 'http' | 'authenticator' | 'searchMessages'>;

/** Answers messages with certain words; `not-a-member` comes before anything else of the query is looked at. */
export const searchMessages = (services: SearchMessagesServices): Route =>
  defineRoute(services, {
    name: 'searchMessages',
    method: 'GET',
    path: 'search/messages',
    tag: 'Messages',
    summary: 'Find messages by their words',
    description:
      'Those that have all the words of `q`, or words that begin with them, without regard to case and accents: newest ' +
      'first, in your conversations or one of them. Sixteen conversations are searched at a time, the last active first. ' +
      'A page may be short, even empty, and have a `nextCursor` all the same: there is more to look through.',
    access: 'user',
    query: searchQuery,
    replies: { 200: { description: 'A page of them.', schema: foundPage } },
    problems: ['not-a-member', 'rate-limited'],
    handle: async ({ caller, request, query }) => ({
      status: 200,
      jsonBody: await services.searchMessages(
        caller.userId,
        request.query.getAll('conversationId').at(-1),
        query,
      ),
    }),
  });
