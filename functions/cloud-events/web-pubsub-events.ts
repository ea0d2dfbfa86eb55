import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { randomUUID } from 'node:crypto';
import { ChatError } from '../../shared/domain/errors.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import { clientEventId } from '../../shared/domain/identifiers.ts';
import { bindingOf, type Binding } from './binding.ts';
import { clientEventHandler } from './client-event.ts';
import { connect } from './connect.ts';
import { isCurrent, isFromService } from './trust.ts';
import { tooLarge } from '../http/body.ts';
import type { Route } from '../http/route.ts';
import { asError, logEvent, traceOf } from '../log.ts';
import type { Services } from '../services.ts';

export type WebPubSubEventsServices = Pick<
  Services,
  | 'webPubSub'
  | 'http'
  | 'admitClient'
  | 'connectClient'
  | 'disconnectClient'
  | 'requireGoodToken'
  | 'closeConnection'
  | 'sendMessage'
  | 'recordReceipt'
  | 'acknowledgeMessages'
  | 'showTyping'
  | 'messageLimits'
  | 'clock'
>;

const nothing: HttpResponseInit = { status: 204 };

/**
 * CloudEvents abuse protection: only our own service is told that it may send here.
 * https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md#4-abuse-protection
 */
const allowOrigin = ({ webPubSub }: WebPubSubEventsServices, request: HttpRequest): HttpResponseInit => {
  const origins = (request.headers.get('webhook-request-origin') ?? '').split(',');
  if (!origins.some((origin) => origin.trim().toLowerCase() === webPubSub.host)) return { status: 403 };
  return { status: 200, headers: { 'WebHook-Allowed-Origin': webPubSub.host } };
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * What an event says: undefined if it is not JSON, which the contract then refuses. Of what is too large the client's
 * `ref` is still wanted, so that it knows what was refused.
 */
const readData = async (
  request: HttpRequest,
  maxBytes: number,
): Promise<{ data: unknown; refusal?: ChatError }> => {
  const bytes = await request.arrayBuffer();
  const refusal = bytes.byteLength > maxBytes ? { refusal: tooLarge(maxBytes) } : {};
  try {
    return { data: JSON.parse(utf8.decode(bytes)), ...refusal };
  } catch {
    return { data: undefined, ...refusal };
  }
};

const tooMany = ({ message, retryAfterSeconds = 1 }: ChatError): HttpResponseInit => ({
  status: 429,
  headers: { 'retry-after': String(retryAfterSeconds) },
  body: message,
});

const logAccepted = (context: InvocationContext, name: string, answer: ServerEvent): void => {
  if (name !== 'message.send' || answer.type !== 'ack' || !answer.ok) return;
  const { messageId, conversationId } = answer;
  logEvent(context, 'info', 'message.accepted', { messageId, conversationId });
};

/**
 * What Web PubSub tells of its clients: connections that begin and end, and the events that clients send. That it is the
 * service is checked before anything else; the user is the one that the connection was bound to when it began, to whom negotiate
 * had given a ticket; what else an event says about its user does not count. Client events are
 * always answered 2xx, with an `ack` or `error` for the client: anything else would cost it its connection.
 */
const handleEvents = (services: WebPubSubEventsServices): HttpHandler => {
  const handle = clientEventHandler(services);
  return async (request, context) => {
    const connectionId = request.headers.get('ce-connectionid') ?? '';
    const { trust, secrets, hub } = services.webPubSub;
    if (request.headers.get('ce-hub')?.toLowerCase() !== hub) return { status: 403 };
    const type = request.headers.get('ce-type') ?? '';
    try {
      if (!(await isFromService(request, connectionId, trust))) return { status: 401 };
      if (!isCurrent(request, services.clock.now())) return { status: 401 };
      if (type === 'azure.webpubsub.sys.connect') {
        const { data, refusal } = await readData(request, services.http.maxBodyBytes);
        return await connect(services, refusal ? undefined : data, connectionId);
      }
      const binding = bindingOf(request.headers.get('ce-connectionstate'), connectionId, secrets);
      if (binding === undefined) return { status: 401 };
      return await dispatch(services, handle, request, context, { type, binding, connectionId });
    } catch (error) {
      if (error instanceof ChatError && error.code === 'rate-limited') return tooMany(error);
      // Not acknowledged: the service tells it again, and a client that was not let in tries again.
      logEvent(context, 'error', 'web-pubsub.failed', { type, error: asError(error) });
      return { status: 500 };
    }
  };
};

/** Why an event of a connection is refused: its token is good no more. Then the connection ends. */
const refusalOf = async (
  services: WebPubSubEventsServices,
  { userId, token }: Binding,
  connectionId: string,
): Promise<ChatError | undefined> => {
  try {
    await services.requireGoodToken(userId, token);
    return undefined;
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    if (error.code === 'unauthenticated') await services.closeConnection(connectionId, error.message);
    return error;
  }
};

const dispatch = async (
  services: WebPubSubEventsServices,
  handle: ReturnType<typeof clientEventHandler>,
  request: HttpRequest,
  context: InvocationContext,
  { type, binding, connectionId }: { type: string; binding: Binding; connectionId: string },
): Promise<HttpResponseInit> => {
  const { userId, fingerprint } = binding;
  switch (type) {
    case 'azure.webpubsub.sys.connected':
      await services.connectClient(userId, connectionId, fingerprint);
      return nothing;
    case 'azure.webpubsub.sys.disconnected':
      await services.disconnectClient(userId, connectionId);
      return nothing;
    default: {
      const { data, ...read } = await readData(request, services.http.maxBodyBytes);
      const refusal = read.refusal ?? (await refusalOf(services, binding, connectionId));
      const name = request.headers.get('ce-eventname') ?? '';
      const { traceparent } = traceOf(context);
      const eventId = clientEventId(connectionId, request.headers.get('ce-id') ?? randomUUID());
      const { answer, bug } = await handle({ name, userId, data, refusal, traceparent, eventId });
      logAccepted(context, name, answer);
      if (bug !== undefined) logEvent(context, 'error', 'client-event.failed', { name, error: asError(bug) });
      return { jsonBody: answer };
    }
  }
};

/** Answers whether Web PubSub may send its events here. */
export const allowWebPubSub = (services: WebPubSubEventsServices): Route => ({
  name: 'allowWebPubSub',
  method: 'OPTIONS',
  path: 'webpubsub/events',
  tag: 'Service',
  summary: 'Ask whether events may be sent here',
  description: 'The abuse protection of CloudEvents; for the Web PubSub service only.',
  access: 'web pubsub',
  replies: {
    200: { description: 'They may: `WebHook-Allowed-Origin` names the service.' },
    403: { description: 'They may not.' },
  },
  problems: [],
  handler: (request) => allowOrigin(services, request),
});

/** Takes what Web PubSub tells of its clients. */
export const webPubSubEvents = (services: WebPubSubEventsServices): Route => ({
  name: 'webPubSubEvents',
  method: 'POST',
  path: 'webpubsub/events',
  tag: 'Service',
  summary: 'Tell of a client: a connection, or an event that it sent',
  description:
    'CloudEvents of the Web PubSub service, signed with its key or with the token of its identity; for nobody else.',
  access: 'web pubsub', // the signature or token is checked
  replies: {
    200: { description: 'What the service is to do, or to tell its client.' },
    204: { description: 'It is noted.' },
    401: {
      description:
        'It was not signed by our service, or is minutes old, or the client has no ticket, or has logged out since.',
    },
    403: { description: 'It is of another hub.' },
    429: { description: 'The client connects too often.' },
    500: { description: 'It was not noted: tell it again.' },
  },
  problems: [],
  handler: handleEvents(services),
});
