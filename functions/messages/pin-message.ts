import { changeReplies, requestChange, type ChangeServices } from '../http/change-route.ts';
import { idempotencyNote } from '../http/idempotency.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** Pins a message. */
export const pinMessage = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'pinMessage',
    method: 'PUT',
    path: 'conversations/{conversationId}/messages/{messageId}/pin',
    tag: 'Messages',
    summary: 'Pin a message',
    description: idempotencyNote,
    access: 'group admin',
    replies: changeReplies,
    problems: ['not-found', 'message-deleted', 'blocked', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, () => ({ type: 'pin', messageId: exchange.param('messageId') })),
  });

/** Unpins it. */
export const unpinMessage = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'unpinMessage',
    method: 'DELETE',
    path: 'conversations/{conversationId}/messages/{messageId}/pin',
    tag: 'Messages',
    summary: 'Unpin a message',
    description: idempotencyNote,
    access: 'group admin',
    replies: changeReplies,
    problems: ['not-found', 'message-deleted', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, () => ({ type: 'unpin', messageId: exchange.param('messageId') })),
  });
