import {
  app,
  type HttpHandler,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from '@azure/functions';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { clientEventId } from '../shared/domain/identifiers.ts';
import { isUserId } from '../shared/domain/user.ts';
import { bind, bindingOf, type Binding } from './cloud-events/binding.ts';
import { clientEventHandler } from './cloud-events/client-event.ts';
import { isSigned } from './cloud-events/signature.ts';
import { asError, logEvent, traceOf } from './log.ts';
import type { Services } from './services.ts';

type WebPubSubEventsServices = Pick<
  Services,
  | 'webPubSub'
  | 'http'
  | 'admitClient'
  | 'connectClient'
  | 'disconnectClient'
  | 'sendMessage'
  | 'recordReceipt'
  | 'acknowledgeMessages'
  | 'messageLimits'
  | 'clock'
>;

const nothing: HttpResponseInit = { status: 204 };

const connectRequest = z.object({ claims: z.record(z.string(), z.array(z.string())) });

/** Under which .NET services may pass on a token's subject. */
const nameIdentifier = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier';

/**
 * CloudEvents abuse protection: only our own service is told that it may send here.
 * https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md#4-abuse-protection
 */
const allowOrigin = ({ webPubSub }: WebPubSubEventsServices, request: HttpRequest): HttpResponseInit => {
  const origins = (request.headers.get('webhook-request-origin') ?? '').split(',');
  if (!origins.some((origin) => origin.trim().toLowerCase() === webPubSub.host)) return { status: 403 };
  return { status: 200, headers: { 'WebHook-Allowed-Origin': webPubSub.host } };
};

/** Who the client's token names: at `connect` it is in the body. */
const claimedUser = (body: unknown): string | undefined => {
  const { data } = connectRequest.safeParse(body);
  const userId = data?.claims.sub?.[0] ?? data?.claims[nameIdentifier]?.[0];
  return userId !== undefined && isUserId(userId) ? userId : undefined;
};

const dataOf = async (request: HttpRequest, maxBytes: number): Promise<unknown> => {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBytes) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined; // the contract then says what is expected
  }
};

/**
 * What Web PubSub tells of its clients: connections that begin and end, and the events that clients send. The signature
 * is checked before anything else; the user is the one that the connection was bound to when it began. Client events are
 * always answered 2xx, with an `ack` or `error` for the client: anything else would cost it its connection.
 */
export const webPubSubEvents = (services: WebPubSubEventsServices): HttpHandler => {
  const handle = clientEventHandler(services);
  return async (request, context) => {
    if (request.method === 'OPTIONS') return allowOrigin(services, request);
    const connectionId = request.headers.get('ce-connectionid') ?? '';
    const { accessKeys } = services.webPubSub;
    if (!isSigned(request.headers.get('ce-signature'), connectionId, accessKeys)) return { status: 401 };
    const type = request.headers.get('ce-type') ?? '';
    try {
      if (type === 'azure.webpubsub.sys.connect') return await connect(services, request, connectionId);
      const binding = bindingOf(request.headers.get('ce-connectionstate'), connectionId, accessKeys);
      if (binding === undefined) return { status: 401 };
      return await dispatch(services, handle, request, context, { type, ...binding, connectionId });
    } catch (error) {
      // Not acknowledged: the service tells it again.
      logEvent(context, 'error', 'web-pubsub.failed', { type, error: asError(error) });
      return { status: 500 };
    }
  };
};

/** Lets a client in as the user of its token, with the groups of its conversations and without any right to join groups or publish to them. */
const connect = async (
  { webPubSub, http, admitClient }: WebPubSubEventsServices,
  request: HttpRequest,
  connectionId: string,
): Promise<HttpResponseInit> => {
  const userId = claimedUser(await dataOf(request, http.maxBodyBytes));
  if (userId === undefined) return { status: 401, body: 'Connect with the URL that negotiate answers.' };
  const { groups, fingerprint } = await admitClient(userId);
  const state = bind(connectionId, { userId, fingerprint }, webPubSub.accessKeys[0] ?? '');
  return { jsonBody: { userId, groups, roles: [] }, headers: { 'ce-connectionState': state } };
};

const dispatch = async (
  services: WebPubSubEventsServices,
  handle: ReturnType<typeof clientEventHandler>,
  request: HttpRequest,
  context: InvocationContext,
  { type, userId, fingerprint, connectionId }: Binding & { type: string; connectionId: string },
): Promise<HttpResponseInit> => {
  switch (type) {
    case 'azure.webpubsub.sys.connected':
      await services.connectClient(userId, connectionId, fingerprint);
      return nothing;
    case 'azure.webpubsub.sys.disconnected':
      await services.disconnectClient(userId, connectionId);
      return nothing;
    default: {
      const data = await dataOf(request, services.http.maxBodyBytes);
      const name = request.headers.get('ce-eventname') ?? '';
      const { traceparent } = traceOf(context);
      const eventId = clientEventId(connectionId, request.headers.get('ce-id') ?? randomUUID());
      const { answer, bug } = await handle({ name, userId, data, traceparent, eventId });
      if (bug !== undefined) logEvent(context, 'error', 'client-event.failed', { name, error: asError(bug) });
      return { jsonBody: answer };
    }
  }
};

export const registerWebPubSubEvents = (services: WebPubSubEventsServices): void =>
  app.http('webPubSubEvents', {
    methods: ['OPTIONS', 'POST'],
    route: 'webpubsub/events',
    authLevel: 'anonymous', // the signature is checked
    handler: webPubSubEvents(services),
  });
