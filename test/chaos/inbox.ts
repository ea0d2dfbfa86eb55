import type { InboxPage } from '../../shared/contract/lists.ts';
import { type ChatClient, seen } from './chat-client.ts';
import type { InboxReading } from './history.ts';
import type { Recorder } from './recorder.ts';

const pageSize = 100;

/** Reads a user's whole inbox. @returns its messages, and the rows of what was refused */
const read = async (
  client: ChatClient,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<{ items: InboxReading['items']; refusals: string[] }> => {
  const reading: InboxReading = { userId: client.userId, begunAt: Date.now(), items: [] };
  const refusals: string[] = [];
  let cursor: string | null = null;
  do {
    const rest: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const call = { method: 'GET', path: `/inbox?limit=${pageSize}${rest}` } as const;
    const page: InboxPage = await client.expect(call, 200, signal);
    for (const item of page.items)
      if ('message' in item) reading.items.push({ inboxId: item.inboxId, message: seen(item.message) });
      else {
        recorder.refused(client.userId, item.rejected);
        refusals.push(item.inboxId);
      }
    cursor = page.nextCursor;
  } while (cursor !== null);
  recorder.history.inboxReadings.push(reading);
  for (const { message } of reading.items) recorder.shown(client.userId, 'inbox', message, reading.begunAt);
  return { items: reading.items, refusals };
};

/**
 * Reads a user's whole inbox and acknowledges what is in it.
 * @param acknowledges false for an app that goes down between the two
 * @returns how many messages there were
 */
export const takeInbox = async (
  client: ChatClient,
  recorder: Recorder,
  { acknowledges, signal }: { acknowledges: boolean; signal: AbortSignal },
): Promise<number> => {
  const { items, refusals } = await read(client, recorder, signal);
  if (!acknowledges) return items.length;
  const ack = (inboxIds: string[]): Promise<unknown> =>
    client.expect({ method: 'POST', path: '/inbox/ack', body: { inboxIds } }, 200, signal);
  if (refusals.length > 0) await ack(refusals.slice(0, pageSize));
  for (let start = 0; start < items.length; start += pageSize) {
    const part = items.slice(start, start + pageSize);
    await ack(part.map(({ inboxId }) => inboxId));
    recorder.acknowledged(
      client.userId,
      'inbox',
      part.map(({ message }) => message.messageId),
    );
  }
  return items.length;
};
