import type { Message } from '../shared/domain/message.ts';
import type { Page } from './contract.ts';
import type { Http } from './http.ts';

/** What was accepted and refused later. @internal */
export type Rejection = { conversationId: string; code: string } & (
  { clientMessageId: string } | { changeId: string }
);

type InboxItem = { inboxId: string } & ({ message: Message } | { rejected: Rejection });

/** Takes out everything that was kept while the user was away. @internal */
export const drainInbox = async (
  http: Http,
  take: { message: (message: Message) => Promise<void>; rejected: (rejection: Rejection) => void },
): Promise<void> => {
  for (;;) {
    const { items, nextCursor } = await http.request<Page<InboxItem>>('GET', '/inbox', {
      query: { limit: 100 },
    });
    if (items.length === 0) return;
    for (const item of items) {
      if ('message' in item) await take.message(item.message);
      else take.rejected(item.rejected);
    }
    const inboxIds = items.map(({ inboxId }) => inboxId);
    await http.request('POST', '/inbox/ack', { body: { inboxIds }, isOnce: false });
    if (nextCursor === null) return;
  }
};
