import type { ChangesPage } from '../../shared/contract/changes.ts';
import type { Message, SystemNote } from '../../shared/domain/message.ts';
import type { ReadChange } from './change-history.ts';
import { type Answer, type Call, type ChatClient, seen } from './chat-client.ts';
import type { FinalHistory, KeptMessage } from './history.ts';

const noteOf = (note: SystemNote | null): KeptMessage['note'] => {
  if (!note) return null;
  const userIds = 'userIds' in note ? note.userIds : 'userId' in note ? [note.userId] : [];
  return { event: note.event, userIds };
};

const kept = (message: Message): KeptMessage => ({
  ...seen(message),
  isDelivered: message.status === 'delivered' || message.status === 'read',
  isDeleted: message.deletedAt !== null,
  isPinned: message.pinned,
  reactions: message.reactions.flatMap(({ emoji, userIds }) => userIds.map((userId) => `${emoji} ${userId}`)),
  note: noteOf(message.system),
});

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** All pages of a list. @returns undefined where one is no member */
const readPages = async <P extends Page<unknown>>(
  client: ChatClient,
  path: string,
  query: string,
  signal: AbortSignal,
): Promise<P[] | undefined> => {
  const pages: P[] = [];
  for (let next: string | null = query; next !== null;) {
    const call: Call = { method: 'GET', path: `${path}?limit=200${next}` };
    const { status, body }: Answer<P> = await client.call<P>(call, signal);
    if (status === 403) return undefined;
    if (status !== 200) throw new Error(`GET ${call.path} was answered ${status}.`);
    pages.push(body);
    next = body.nextCursor === null ? null : `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
  return pages;
};

/** A conversation from a place on, as one of its members reads it; undefined to others. */
export const readHistory = async (
  client: ChatClient,
  conversationId: string,
  after: number,
  signal: AbortSignal,
): Promise<{ headSeq: number; messages: Message[] } | undefined> => {
  const path = `/conversations/${conversationId}/messages`;
  const pages = await readPages<Page<Message> & { headSeq: number }>(client, path, `&after=${after}`, signal);
  return pages && { headSeq: pages.at(-1)?.headSeq ?? 0, messages: pages.flatMap(({ items }) => items) };
};

/** All of a conversation and its changes, who is in it, and how far its reader is; undefined to others than members. */
export const readAll = async (
  client: ChatClient,
  conversationId: string,
  signal: AbortSignal,
): Promise<FinalHistory | undefined> => {
  const path = `/conversations/${conversationId}`;
  const history = await readHistory(client, conversationId, 0, signal);
  const changes = await readPages<ChangesPage>(client, `${path}/changes`, '&after=0', signal);
  const members = await readPages<Page<{ userId: string }>>(client, `${path}/members`, '', signal);
  const view = await client.call<FinalHistory['standing']>({ method: 'GET', path }, signal);
  if (!history || !changes || !members || view.status !== 200) return undefined;
  const { unreadCount, readSeq, deliveredSeq } = view.body;
  return {
    ...{ conversationId, userId: client.userId, headSeq: history.headSeq },
    headRev: changes.at(-1)?.headRev ?? 0,
    messages: history.messages.map(kept),
    changes: changes.flatMap(({ items }) => items as ReadChange[]),
    memberIds: members.flatMap(({ items }) => items.map(({ userId }) => userId)),
    standing: { unreadCount, readSeq, deliveredSeq },
  };
};
