import { createHmac } from 'node:crypto';

/** What the headers of an event say about the connection it happened on. */
export interface EventSource {
  readonly connectionId: string;
  readonly hub: string;
  readonly userId: string | null;
  readonly subprotocol: string | null;
  readonly state: string | null;
}

/** System events are `connect`, `connected` and `disconnected`; user events have names of the application's choosing. */
export interface EventName {
  readonly kind: 'sys' | 'user';
  readonly name: string;
}

/** Proves to the event handler that the event comes from who holds the access key. It covers the connection id only. */
const signature = (connectionId: string, accessKey: string): string =>
  `sha256=${createHmac('sha256', accessKey).update(connectionId).digest('hex')}`;

/** User ids travel as UTF-8, as from Azure; node:http writes header values one byte per character. */
const utf8HeaderValue = (text: string): string => Buffer.from(text).toString('latin1');

/**
 * The `ce-*` headers of an event, in the form of Web PubSub's CloudEvents extension.
 * @param id - number of the event on its connection
 */
export const cloudEventHeaders = (
  source: EventSource,
  event: EventName,
  id: number,
  accessKey: string,
): Record<string, string> => {
  const headers: Record<string, string> = {
    'ce-specversion': '1.0',
    'ce-awpsversion': '1.0',
    'ce-type': `azure.webpubsub.${event.kind}.${event.name}`,
    'ce-source': `/hubs/${source.hub}/client/${source.connectionId}`,
    'ce-id': String(id),
    'ce-time': `${new Date().toISOString().slice(0, 19)}Z`,
    'ce-signature': signature(source.connectionId, accessKey),
    'ce-connectionId': source.connectionId,
    'ce-hub': source.hub,
    'ce-eventName': event.name,
  };
  if (source.userId !== null) headers['ce-userId'] = utf8HeaderValue(source.userId);
  if (source.subprotocol !== null) headers['ce-subprotocol'] = source.subprotocol;
  if (source.state !== null) headers['ce-connectionState'] = source.state;
  return headers;
};
