import { WebPubSubClient } from '@azure/web-pubsub-client';
import type { ServerEvent } from '../shared/domain/event.ts';
import type { Socket, SocketOptions } from './environment.ts';

/**
 * A connection over Azure Web PubSub with its reliable protocol, which mends short cuts by itself. It makes no new
 * connection when it could not: that is left to us, who know how long to wait.
 * @internal
 */
export const openWebPubSubSocket = async ({ getUrl, onEvent, onClosed }: SocketOptions): Promise<Socket> => {
  const client = new WebPubSubClient(
    { getClientAccessUrl: getUrl },
    { autoReconnect: false, keepAliveIntervalInMs: 10_000, keepAliveTimeoutInMs: 25_000 },
  );
  let isOver = false;
  const take = (data: unknown): void => {
    if (!isOver) onEvent(data as ServerEvent);
  };
  const end = (): void => {
    if (!isOver) onClosed();
    isOver = true;
  };
  client.on('server-message', ({ message }) => take(message.data));
  client.on('group-message', ({ message }) => take(message.data));
  client.on('stopped', end);
  // A client that is told to stop while it mends its connection goes on mending it.
  client.on('connected', () => {
    if (isOver) client.stop();
  });
  await client.start();
  return {
    send: async (name, data) => {
      await client.sendEvent(name, data, 'json', {
        fireAndForget: true,
      });
    },
    close: () => {
      isOver = true;
      client.stop();
    },
  };
};
