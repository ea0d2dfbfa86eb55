import { memberPatch, newMembers } from '../../shared/contract/changes.ts';
import { changeReplies, requestChange, type ChangeServices } from '../http/change-route.ts';
import { idempotencyNote } from '../http/idempotency.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** Adds members to a group; `not-a-member` comes before the body is looked at. */
export const addMembers = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'addMembers',
    method: 'POST',
    path: 'conversations/{conversationId}/members',
    tag: 'Members',
    summary: 'Add members to a group',
    description: `Whoever is in it already stays as they are. ${idempotencyNote}`,
    access: 'group admin',
    body: newMembers,
    replies: changeReplies,
    problems: ['not-a-group', 'not-found', 'group-full', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, async () => ({ type: 'add-members', ...(await exchange.body()) })),
  });

const path = 'conversations/{conversationId}/members/{memberId}';

/** Changes a member's role. */
export const changeMember = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'changeMember',
    method: 'PATCH',
    path,
    tag: 'Members',
    summary: 'Change the role of a member',
    description: `Only owners make and unmake owners. ${idempotencyNote}`,
    access: 'group admin',
    body: memberPatch,
    replies: changeReplies,
    problems: ['not-a-group', 'not-found', 'last-owner', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, async () => ({
        type: 'set-role',
        userId: memberOf(exchange),
        ...(await exchange.body()),
      })),
  });

/** Removes a member, or lets the caller leave. */
export const removeMember = (services: ChangeServices): Route =>
  defineRoute(services, {
    name: 'removeMember',
    method: 'DELETE',
    path,
    tag: 'Members',
    summary: 'Leave a group, or remove a member',
    description: `Anybody may leave; owners and admins remove others. The last owner first makes somebody else one. ${idempotencyNote}`,
    access: 'member',
    replies: changeReplies,
    problems: ['not-a-group', 'not-found', 'not-permitted', 'last-owner', 'rate-limited'],
    handle: (exchange) =>
      requestChange(services, exchange, () => ({ type: 'remove-member', userId: memberOf(exchange) })),
  });

/** `me` is the caller. */
const memberOf = ({
  caller,
  param,
}: {
  caller: { userId: string };
  param: (name: 'memberId') => string;
}): string => (param('memberId') === 'me' ? caller.userId : param('memberId'));
