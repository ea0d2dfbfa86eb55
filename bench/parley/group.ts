import type { Members } from '../../shared/contract/changes.ts';
import { inChunks } from '../../shared/domain/chunks.ts';
import type { ParleyClients } from './client.ts';

/** Members that one request can add. */
const atOnce = 90;
const pollMs = 50;
const timeoutMs = 60_000;

/** How many are in the group. */
const memberCount = async (
  clients: Pick<ParleyClients, 'request'>,
  ownerId: string,
  path: string,
): Promise<number> => {
  let count = 0;
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Members = await clients.request(ownerId, 'GET', `${path}?limit=200${query}`);
    count += page.items.length;
    cursor = page.nextCursor;
  }
  return count;
};

/** Creates a group, as many members at a time as a request can name, and waits until they are in it. */
export const createGroup = async (
  clients: Pick<ParleyClients, 'request'>,
  ownerId: string,
  memberIds: readonly string[],
): Promise<string> => {
  const [first = [], ...rest] = inChunks(memberIds, atOnce);
  const group = { type: 'group', title: 'The whole company', memberIds: first };
  const { id } = await clients.request<{ id: string }>(ownerId, 'POST', '/api/conversations', group);
  const path = `/api/conversations/${id}/members`;
  for (const userIds of rest) await clients.request(ownerId, 'POST', path, { userIds });
  const end = performance.now() + timeoutMs;
  while ((await memberCount(clients, ownerId, path)) <= memberIds.length) {
    if (performance.now() > end) throw new Error('Not everybody came into the group in time.');
    await new Promise((later) => setTimeout(later, pollMs));
  }
  return id;
};
