import { conversationPatch } from '../../shared/contract/changes.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import { changeReplies, requestChange, type ChangeServices } from '../http/change-route.ts';
import { idempotencyNote } from '../http/idempotency.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

/** Changes what is set of a conversation; `not-a-member` comes before the body is looked at. */
export const updateConversation = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'updateConversation',
    method: 'PATCH',
    path: 'conversations/{conversationId}',
    tag: 'Conversations',
    summary: 'Change the title and settings of a conversation',
    description: `What is left out stays; null takes it away. ${idempotencyNote}`,
    access: 'group admin',
    body: conversationPatch,
    replies: changeReplies,
    problems: ['not-a-group', 'message-rejected', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, async () => ({ type: 'update', settings: await exchange.body() })),
  });

/** A conversation belongs to all its members: nobody deletes it for the others. */
export const deleteConversation = (
  services: Pick<Services, 'http' | 'authenticator' | 'requireMember'>,
): Route =>
  defineRoute(services, {
    name: 'deleteConversation',
    method: 'DELETE',
    path: 'conversations/{conversationId}',
    tag: 'Conversations',
    summary: 'Refused: leave or archive a conversation instead',
    access: 'member',
    replies: {},
    problems: ['method-not-allowed'],
    handle: async ({ caller, param }) => {
      await services.requireMember(param('conversationId'), caller.userId);
      throw new ChatError(
        'method-not-allowed',
        'A conversation cannot be deleted. Leave it by DELETE …/members/me, or put it out of your sight by PUT …/archive.',
      );
    },
  });
