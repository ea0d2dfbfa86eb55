import { createHmac, randomBytes } from 'node:crypto';
import { inject } from 'vitest';

const systemEvents = new Set(['connect', 'connected', 'disconnected']);

/** What the stack's service signs with. */
export const ownKey = (): string =>
  /AccessKey=([^;]+)/.exec(inject('stack').settings.WebPubSubConnection ?? '')?.[1] ?? '';

/** A connection's id, signed as our Web PubSub service does. */
export const signatureOf = (connectionId: string, key = ownKey()): string =>
  createHmac('sha256', key).update(connectionId).digest('hex');

/** The headers by which an event of a connection is known. */
export const ofConnection = (connectionId: string) => ({
  'ce-connectionid': connectionId,
  'ce-signature': `sha256=${signatureOf(connectionId)}`,
});

/** Tells the running app an event as Web PubSub would. @param headers in place of the usual ones */
export const tellEvent = (
  name: string,
  headers: Record<string, string>,
  body: string | Buffer = '{}',
): Promise<Response> =>
  fetch(`${inject('stack').urls.functions}/api/webpubsub/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-type': `azure.webpubsub.${systemEvents.has(name) ? 'sys' : 'user'}.${name}`,
      'ce-eventname': name,
      'ce-hub': 'chat',
      'ce-id': randomBytes(6).toString('hex'),
      'ce-time': new Date().toISOString(),
      ...headers,
    },
    body,
  });
