import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ArchiveConversationServices = Pick<Services, 'http' | 'authenticator' | 'archiveConversation'>;

/** Puts a conversation out of the caller's list. */
export const archiveConversation = (services: ArchiveConversationServices): Route =>
  defineRoute(services, {
    name: 'archiveConversation',
    method: 'PUT',
    path: 'conversations/{conversationId}/archive',
    tag: 'Conversations',
    summary: 'Archive a conversation',
    description:
      'It leaves your list, for you alone; others do not notice. Your devices are told by `conversation.archived`.',
    access: 'member',
    replies: { 204: { description: 'It is archived.' } },
    handle: async ({ caller, param }) => {
      await services.archiveConversation(caller.userId, param('conversationId'), true);
      return { status: 204 };
    },
  });

/** Puts it back. */
export const unarchiveConversation = (services: ArchiveConversationServices): Route =>
  defineRoute(services, {
    name: 'unarchiveConversation',
    method: 'DELETE',
    path: 'conversations/{conversationId}/archive',
    tag: 'Conversations',
    summary: 'Take a conversation back from the archive',
    access: 'member',
    replies: { 204: { description: 'It is in your list again.' } },
    handle: async ({ caller, param }) => {
      await services.archiveConversation(caller.userId, param('conversationId'), false);
      return { status: 204 };
    },
  });
