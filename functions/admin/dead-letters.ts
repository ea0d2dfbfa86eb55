import { deadLetterPage, deadLettersQuery, deadLetterView } from '../../shared/contract/operations.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type DeadLetterServices = Pick<
  Services,
  'http' | 'authenticator' | 'listDeadLetters' | 'getDeadLetter' | 'redriveDeadLetter' | 'discardDeadLetter'
>;

/** Answers operators what was not worked off. */
export const listDeadLetters = (services: DeadLetterServices): Route =>
  defineRoute(services, {
    name: 'listDeadLetters',
    method: 'GET',
    path: 'admin/deadletters',
    tag: 'Administration',
    summary: 'List dead letters',
    description:
      'Of all queues and subscriptions, and what the app has put aside (`chat-deadletter`): source by source, the oldest first. Of each source the first 10,000 can be seen.',
    access: 'app admin',
    query: deadLettersQuery,
    replies: { 200: { description: 'A page of them.', schema: deadLetterPage } },
    handle: async ({ caller, query }) => ({
      status: 200,
      jsonBody: await services.listDeadLetters(caller, query),
    }),
  });

/** Answers operators what a dead letter is. */
export const getDeadLetter = (services: DeadLetterServices): Route =>
  defineRoute(services, {
    name: 'getDeadLetter',
    method: 'GET',
    path: 'admin/deadletters/{deadLetterId}',
    tag: 'Administration',
    summary: 'See what a dead letter is',
    description: 'Why it is dead, and an outline of its content: nothing that somebody wrote.',
    access: 'app admin',
    replies: { 200: { description: 'What it is.', schema: deadLetterView } },
    problems: ['not-found'],
    handle: async ({ caller, param }) => ({
      status: 200,
      jsonBody: await services.getDeadLetter(caller, param('deadLetterId')),
    }),
  });

/** Sends a dead letter again. */
export const redriveDeadLetter = (services: DeadLetterServices): Route =>
  defineRoute(services, {
    name: 'redriveDeadLetter',
    method: 'POST',
    path: 'admin/deadletters/{deadLetterId}/redrive',
    tag: 'Administration',
    summary: 'Send a dead letter again',
    description:
      'To where it came from, in its session and under its trace. It is taken away once the queue holds it again. What it does it does once: asking again, and whatever was done of it before, change nothing. Of one conversation, the oldest goes first.',
    access: 'app admin',
    replies: { 204: { description: 'It is on its way.' } },
    problems: ['not-found', 'cannot-redrive'],
    handle: async ({ caller, param, context }) => {
      const { deadLetterId } = await services.redriveDeadLetter(caller, param('deadLetterId'));
      logEvent(context, 'info', 'dead-letter.redriven', { deadLetterId });
      return { status: 204 };
    },
  });

/** Throws a dead letter away. */
export const discardDeadLetter = (services: DeadLetterServices): Route =>
  defineRoute(services, {
    name: 'discardDeadLetter',
    method: 'DELETE',
    path: 'admin/deadletters/{deadLetterId}',
    tag: 'Administration',
    summary: 'Throw a dead letter away',
    description: 'For good.',
    access: 'app admin',
    replies: { 204: { description: 'It is gone.' } },
    problems: ['not-found'],
    handle: async ({ caller, param, context }) => {
      const { deadLetterId } = await services.discardDeadLetter(caller, param('deadLetterId'));
      logEvent(context, 'info', 'dead-letter.discarded', { deadLetterId });
      return { status: 204 };
    },
  });
