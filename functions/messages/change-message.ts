import { messageEdit } from '../../shared/contract/changes.ts';
import { changeReplies, requestChange, type ChangeServices } from '../http/change-route.ts';
import { idempotencyNote } from '../http/idempotency.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

/** Replaces a message's text; `not-a-member` comes before the body is looked at. */
export const editMessage = (services: ChangeServices & Pick<Services, 'messageLimits'>): Route =>
  defineRoute(services, {
    name: 'editMessage',
    method: 'PATCH',
    path: 'conversations/{conversationId}/messages/{messageId}',
    tag: 'Messages',
    summary: 'Edit a message of yours',
    description: `Earlier versions are kept, and listed by \`revisions\`. ${idempotencyNote}`,
    access: 'sender',
    body: messageEdit(services.messageLimits),
    replies: changeReplies,
    problems: ['not-found', 'message-deleted', 'message-rejected', 'blocked', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, async () => ({
        type: 'edit',
        messageId: exchange.param('messageId'),
        messageText: (await exchange.body()).messageText,
      })),
  });

/** Leaves of a message its place. */
export const deleteMessage = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'deleteMessage',
    method: 'DELETE',
    path: 'conversations/{conversationId}/messages/{messageId}',
    tag: 'Messages',
    summary: 'Delete a message',
    description: `Its place stays, its content is shown to nobody any more. ${idempotencyNote}`,
    access: 'sender or group admin',
    replies: changeReplies,
    problems: ['not-found', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, () => ({ type: 'delete', messageId: exchange.param('messageId') })),
  });

/** Brings a deleted message back. */
export const restoreMessage = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'restoreMessage',
    method: 'POST',
    path: 'conversations/{conversationId}/messages/{messageId}/restore',
    tag: 'Messages',
    summary: 'Restore a deleted message',
    description: `For who deleted it, and for owners and admins of a group. ${idempotencyNote}`,
    access: 'sender or group admin',
    replies: changeReplies,
    problems: ['not-found', 'message-deleted', 'blocked', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, () => ({ type: 'restore', messageId: exchange.param('messageId') })),
  });
