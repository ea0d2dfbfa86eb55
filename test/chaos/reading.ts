import type { Message } from '../../shared/domain/message.ts';
import { type ChatClient, seen } from './chat-client.ts';
import type { FinalHistory } from './history.ts';

const placed = (message: Message): FinalHistory['messages'][number] => ({
  ...seen(message),
  isDelivered: message.status === 'delivered' || message.status === 'read',
});

/** A conversation from a place on, as one of its members reads it. */
export const readHistory = async (
  client: ChatClient,
  conversationId: string,
  after: number,
  signal: AbortSignal,
): Promise<{ headSeq: number; messages: Message[] }> => {
  const messages: Message[] = [];
  let headSeq = 0;
  for (let query: string | null = `after=${after}`; query !== null;) {
    const path = `/conversations/${conversationId}/messages?limit=200&${query}`;
    const page: { items: Message[]; nextCursor: string | null; headSeq: number } = await client.expect(
      { method: 'GET', path },
      200,
      signal,
    );
    messages.push(...page.items);
    headSeq = page.headSeq;
    query = page.nextCursor === null ? null : `cursor=${page.nextCursor}`;
  }
  return { headSeq, messages };
};

/** All of a conversation, and how far its reader is. */
export const readAll = async (
  client: ChatClient,
  conversationId: string,
  signal: AbortSignal,
): Promise<FinalHistory> => {
  const { headSeq, messages } = await readHistory(client, conversationId, 0, signal);
  const path = `/conversations/${conversationId}`;
  const { unreadCount, readSeq, deliveredSeq } = await client.expect<FinalHistory['standing']>(
    { method: 'GET', path },
    200,
    signal,
  );
  const standing = { unreadCount, readSeq, deliveredSeq };
  return { conversationId, userId: client.userId, headSeq, messages: messages.map(placed), standing };
};
