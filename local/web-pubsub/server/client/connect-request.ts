import type { IncomingMessage } from 'node:http';
import { isHubName, JSON_SUBPROTOCOL, RELIABLE_JSON_SUBPROTOCOL } from '../../codec/names.ts';
import { type Claims, claimValues, isForPath, verifyToken } from '../../codec/token.ts';
import { UpgradeError } from './upgrade-error.ts';

/** What a client asks for when it connects. */
export interface ConnectRequest {
  readonly hub: string;
  readonly query: URLSearchParams;
  readonly subprotocols: readonly string[];
  readonly request: IncomingMessage;
}

const served: ReadonlySet<string> = new Set([JSON_SUBPROTOCOL, RELIABLE_JSON_SUBPROTOCOL]);

export const isServed = (subprotocol: string): boolean => served.has(subprotocol);

const hubIn = (path: string, query: URLSearchParams): string => {
  const [, kind, ...rest] = path.split('/');
  if (kind === 'clients') {
    const family = rest[0] === 'mqtt' ? 'MQTT' : rest[0] === 'socketio' ? 'Socket.IO' : null;
    if (family) throw new UpgradeError(501, `${family} clients are not supported by the local service.`);
  }
  if (kind === 'client' && rest[0] === 'hubs' && rest[1]) return rest[1];
  const hub = query.get('hub'); // the older form: /client/?hub=name
  if (kind === 'client' && !rest[0] && hub) return hub;
  throw new UpgradeError(404, 'Clients connect to /client/hubs/{hub}.');
};

/** @throws UpgradeError for a path or a hub that cannot be */
export const readConnectRequest = (request: IncomingMessage): ConnectRequest => {
  const [path = '', ...query] = (request.url ?? '').split('?');
  const parameters = new URLSearchParams(query.join('?'));
  let hub: string;
  try {
    hub = decodeURIComponent(hubIn(path, parameters));
  } catch (error) {
    if (error instanceof UpgradeError) throw error;
    throw new UpgradeError(400, 'The hub name is not validly encoded.');
  }
  if (!isHubName(hub)) throw new UpgradeError(400, `Invalid hub name '${hub}'.`);
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return {
    hub: hub.toLowerCase(),
    query: parameters,
    subprotocols: offered.filter((name) => name !== ''),
    request,
  };
};

const tokenIn = ({ query, request }: ConnectRequest): string | null =>
  query.get('access_token') ?? /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;

/**
 * The claims of the client's token; none for an anonymous client where the hub allows that.
 * @throws UpgradeError 401
 */
export const authenticate = (
  connect: ConnectRequest,
  accessKey: string,
  allowsAnonymous: boolean,
): Claims => {
  const token = tokenIn(connect);
  if (token === null || token === '') {
    if (allowsAnonymous) return {};
    throw new UpgradeError(401, 'The access token is missing.');
  }
  const claims = verifyToken(token, accessKey);
  if (!claims) {
    throw new UpgradeError(
      401,
      'The access token is expired or not signed with the access key of this service.',
    );
  }
  if (!isForPath(claims, `/client/hubs/${connect.hub}`)) {
    throw new UpgradeError(401, `The access token was not made for hub '${connect.hub}'.`);
  }
  return claims;
};

const isCredential = (name: string): boolean => /^(access_token|authorization)$/i.test(name);

/** The body of the `connect` event. Credentials stay out of it. */
export const connectEventBody = (connect: ConnectRequest, claims: Claims): object => {
  const { query, request, subprotocols } = connect;
  const parameters = [...new Set(query.keys())].filter((name) => !isCredential(name));
  const headers = Object.entries(request.headersDistinct).filter(([name]) => !isCredential(name));
  return {
    claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimValues(value)])),
    query: Object.fromEntries(parameters.map((name) => [name, query.getAll(name)])),
    headers: Object.fromEntries(headers),
    subprotocols,
    clientCertificates: [],
  };
};
