import {
  WebPubSubClient,
  type WebPubSubClientProtocol,
  WebPubSubJsonReliableProtocol,
} from '@azure/web-pubsub-client';
import type { ServerEvent } from '../shared/domain/event.ts';
import type { Socket, SocketOptions } from './environment.ts';

/** How often the service is asked whether it is there. */
const pingMs = 8_000;
/** After so long without an answer it is not. */
const deadMs = 2 * pingMs;
/** An event of this name leaves as a ping of the protocol, which Microsoft's client sends by itself only. */
const ping = 'ping of the protocol';

const pinging = (onHeard: () => void): WebPubSubClientProtocol => {
  const protocol = WebPubSubJsonReliableProtocol();
  return {
    name: protocol.name,
    isReliableSubProtocol: protocol.isReliableSubProtocol,
    parseMessages: (input) => {
      onHeard();
      return protocol.parseMessages(input);
    },
    writeMessage: (message) => {
      const isPing = message.kind === 'sendEvent' && message.event === ping;
      return protocol.writeMessage(isPing ? { kind: 'ping' } : message);
    },
  };
};

/**
 * A connection over Azure Web PubSub with its reliable protocol, which mends short cuts by itself. It makes no new
 * connection when it could not: that is left to us, who know how long to wait. Nor does it watch the connection: its
 * timers would keep a program alive after the end, and it waits for a dead one to say goodbye.
 * @internal
 */
export const openWebPubSubSocket = async ({ getUrl, onEvent, onClosed }: SocketOptions): Promise<Socket> => {
  let askedAt: number | undefined;
  const client = new WebPubSubClient(
    { getClientAccessUrl: getUrl },
    {
      ...{ autoReconnect: false, keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 },
      messageRetryOptions: { maxRetries: 0 }, // whoever sends knows whether to send again
      protocol: pinging(() => (askedAt = undefined)),
    },
  );
  let isOver = false;
  const take = (data: unknown): void => {
    if (!isOver) onEvent(data as ServerEvent);
  };
  const end = (): void => {
    clearInterval(watch);
    if (!isOver) onClosed();
    isOver = true;
  };
  const watch = setInterval(() => {
    if (askedAt !== undefined && Date.now() - askedAt >= deadMs) {
      end();
      client.stop();
      return;
    }
    askedAt ??= Date.now();
    client.sendEvent(ping, '', 'text', { fireAndForget: true }).catch(() => undefined);
  }, pingMs);
  client.on('server-message', ({ message }) => take(message.data));
  client.on('group-message', ({ message }) => take(message.data));
  client.on('stopped', end);
  // A client that is told to stop while it mends its connection goes on mending it.
  client.on('connected', () => {
    if (isOver) client.stop();
  });
  try {
    await client.start();
  } catch (error) {
    clearInterval(watch);
    throw error;
  }
  return {
    send: async (name, data) => {
      await client.sendEvent(name, data, 'json', {
        fireAndForget: true,
      });
    },
    close: () => {
      clearInterval(watch);
      isOver = true;
      client.stop();
    },
  };
};
