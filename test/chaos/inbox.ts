import type { Message } from '../../shared/domain/message.ts';
import { type ChatClient, seen } from './chat-client.ts';
import type { InboxReading } from './history.ts';
import type { Recorder } from './recorder.ts';

interface Page {
  /** Refusals have no message. */
  items: { inboxId: string; message?: Message }[];
  nextCursor: string | null;
}

const pageSize = 100;

/** Reads a user's whole inbox. */
const read = async (client: ChatClient, recorder: Recorder, signal: AbortSignal): Promise<InboxReading> => {
  const reading: InboxReading = { userId: client.userId, begunAt: Date.now(), items: [] };
  let cursor: string | null = null;
  do {
    const rest: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const call = { method: 'GET', path: `/inbox?limit=${pageSize}${rest}` } as const;
    const page: Page = await client.expect(call, 200, signal);
    for (const { inboxId, message } of page.items)
      if (message) reading.items.push({ inboxId, message: seen(message) });
    cursor = page.nextCursor;
  } while (cursor !== null);
  recorder.history.inboxReadings.push(reading);
  for (const { message } of reading.items) recorder.shown(client.userId, 'inbox', message, reading.begunAt);
  return reading;
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
  const { items } = await read(client, recorder, signal);
  if (!acknowledges) return items.length;
  for (let start = 0; start < items.length; start += pageSize) {
    const part = items.slice(start, start + pageSize);
    const body = { inboxIds: part.map(({ inboxId }) => inboxId) };
    await client.expect({ method: 'POST', path: '/inbox/ack', body }, 200, signal);
    recorder.acknowledged(
      client.userId,
      'inbox',
      part.map(({ message }) => message.messageId),
    );
  }
  return items.length;
};
