import type { RestCall } from './call.ts';

const MAX_PAGE_SIZE = 200;

interface Member {
  readonly connectionId: string;
  readonly userId?: string;
}

const byId = (left: Member, right: Member): number => (left.connectionId < right.connectionId ? -1 : 1);

/** Pages follow the order of ids, so a page stays where it is while others join and leave. */
const membersAfter = (call: RestCall, lastId: string): Member[] =>
  call.hub
    .ofGroup(call.group)
    .filter(({ connectionId }) => connectionId > lastId)
    .map(({ connectionId, userId }) => (userId === null ? { connectionId } : { connectionId, userId }))
    .sort(byId);

const nextLink = (call: RestCall, lastId: string, top: number | undefined): string => {
  const query = new URLSearchParams(call.query);
  query.set('continuationToken', Buffer.from(lastId).toString('base64url'));
  if (top !== undefined) query.set('top', String(top));
  return `${call.url}?${query.toString()}`;
};

/** One page of a group's connections: `top` bounds all pages together, `maxpagesize` (up to 200) each of them. */
export const listConnections = (call: RestCall): { value: Member[]; nextLink?: string } => {
  const pageSize = call.number('maxpagesize', 1, MAX_PAGE_SIZE) ?? MAX_PAGE_SIZE;
  const top = call.number('top', 1, Number.MAX_SAFE_INTEGER);
  const token = Buffer.from(call.query.get('continuationToken') ?? '', 'base64url').toString();
  const members = membersAfter(call, token);
  const value = members.slice(0, Math.min(pageSize, top ?? pageSize));
  const last = value.at(-1);
  const isWholeAnswer = !last || value.length === members.length || value.length === top;
  if (isWholeAnswer) return { value };
  const rest = top === undefined ? undefined : top - value.length;
  return { value, nextLink: nextLink(call, last.connectionId, rest) };
};
