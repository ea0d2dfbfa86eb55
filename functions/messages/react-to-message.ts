import { emoji } from '../../shared/contract/changes.ts';
import { parse } from '../http/body.ts';
import { changeReplies, requestChange, type ChangeServices } from '../http/change-route.ts';
import { idempotencyNote } from '../http/idempotency.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** Adds a reaction of the caller’s. */
export const addReaction = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'addReaction',
    method: 'PUT',
    path: 'conversations/{conversationId}/messages/{messageId}/reactions/{emoji}',
    tag: 'Messages',
    summary: 'React to a message',
    description: `A message takes at most 20 different emojis. ${idempotencyNote}`,
    access: 'member',
    replies: changeReplies,
    problems: [
      'message-rejected',
      'malformed-request',
      'not-found',
      'not-permitted',
      'message-deleted',
      'blocked',
      'rate-limited',
    ],
    handle: (exchange) =>
      requestChange(services, exchange, () => ({
        type: 'react',
        messageId: exchange.param('messageId'),
        emoji: parse(emoji, exchange.param('emoji')),
      })),
  });

/** Takes it away. */
export const removeReaction = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'removeReaction',
    method: 'DELETE',
    path: 'conversations/{conversationId}/messages/{messageId}/reactions/{emoji}',
    tag: 'Messages',
    summary: 'Take a reaction back',
    description: idempotencyNote,
    access: 'member',
    replies: changeReplies,
    problems: ['malformed-request', 'not-found', 'not-permitted', 'message-deleted', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, () => ({
        type: 'unreact',
        messageId: exchange.param('messageId'),
        emoji: parse(emoji, exchange.param('emoji')),
      })),
  });
