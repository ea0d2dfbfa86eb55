import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type Settings, settingsOfHub } from '../../config.ts';
import { ClientConversation } from '../../engine/client-conversation.ts';
import type { Session } from '../../engine/session.ts';
import { CloseCode } from '../../engine/transport.ts';
import type { Hubs } from '../hubs.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { type Admission, admit } from './admission.ts';
import { authenticate, type ConnectRequest, isServed, readConnectRequest } from './connect-request.ts';
import { KeepAlive } from './keep-alive.ts';
import { randomToken } from './random-token.ts';
import { refuseUpgrade, UpgradeError } from './upgrade-error.ts';
import { WebSocketTransport } from './web-socket-transport.ts';

const MAX_FRAME_BYTES = 1024 * 1024;

export interface ClientEndpointOptions {
  readonly settings: Settings;
  readonly accessKey: string;
  readonly hubs: Hubs;
  readonly upstream: Upstream;
  readonly log: (line: string) => void;
}

const isSameToken = (given: string, expected: string): boolean => {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
};

const toBuffer = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
};

/** Where clients connect: `/client/hubs/{hub}`. Admits them, and gives returning ones their session back. */
export class ClientEndpoint {
  readonly #options: ClientEndpointOptions;
  readonly #keepAlive: KeepAlive;
  readonly #conversations = new WeakMap<Session, ClientConversation>();
  /** The subprotocol that was decided on, for the handshake that answers with it. */
  readonly #subprotocols = new WeakMap<IncomingMessage, string | null>();
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    handleProtocols: (_offered, request) => this.#subprotocols.get(request) ?? false,
  });
  #isStopping = false;

  constructor(options: ClientEndpointOptions) {
    this.#options = options;
    this.#keepAlive = new KeepAlive(
      (hub) => settingsOfHub(options.settings, hub).webSocketKeepAliveIntervalInSeconds,
    );
  }

  /** Answers an upgrade request; never rejects. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the WebSocket takes it over, a client may vanish at any time.
    socket.on('error', () => undefined);
    try {
      await this.#connect(readConnectRequest(request), socket, head);
    } catch (error) {
      const isKnown = error instanceof UpgradeError;
      const refusal = isKnown ? error : new UpgradeError(500, 'Internal server error.');
      this.#options.log(
        `Connection refused with ${refusal.status}: ${isKnown ? error.message : String(error)}`,
      );
      refuseUpgrade(socket, refusal);
    }
  }

  /** Lets no new client in. */
  stop(): void {
    this.#isStopping = true;
    this.#keepAlive.stop();
  }

  #assertRunning(): void {
    if (this.#isStopping) throw new UpgradeError(503, 'The service is stopping.');
  }

  async #connect(connect: ConnectRequest, socket: Duplex, head: Buffer): Promise<void> {
    this.#assertRunning();
    if (connect.query.has('awps_connection_id')) {
      this.#subprotocols.set(connect.request, connect.subprotocols.find(isServed) ?? null);
      this.#server.handleUpgrade(connect.request, socket, head, (webSocket) => {
        this.#recover(connect, webSocket, socket);
      });
      return;
    }
    const { accessKey, settings, upstream } = this.#options;
    const allowsAnonymous = settingsOfHub(settings, connect.hub).anonymousConnectPolicy === 'allow';
    const claims = authenticate(connect, accessKey, allowsAnonymous);
    const connectionId = randomToken(16);
    const admission = await admit(connect, connectionId, claims, upstream);
    if (socket.destroyed) return;
    this.#assertRunning();
    this.#subprotocols.set(connect.request, admission.handshakeSubprotocol);
    this.#server.handleUpgrade(connect.request, socket, head, (webSocket) => {
      this.#bind(this.#open(connect, connectionId, admission), webSocket, socket);
    });
  }

  #open(connect: ConnectRequest, connectionId: string, admission: Admission): Session {
    const { hubs, upstream } = this.#options;
    const { userId, roles, groups, subprotocol, state } = admission;
    const hub = hubs.get(connect.hub);
    const reconnectionToken = randomToken(24);
    const session = hub.open(
      { connectionId, hub: hub.name, userId, subprotocol, roles, state, reconnectionToken },
      groups,
    );
    this.#conversations.set(session, new ClientConversation(hub, session, upstream));
    upstream.connected(session);
    return session;
  }

  /** The client SDK takes a close with 1008 for a final no; after an HTTP error it would go on asking for 30 seconds. */
  #recover({ hub, query }: ConnectRequest, webSocket: WebSocket, stream: Duplex): void {
    const session = this.#options.hubs.find(hub)?.connection(query.get('awps_connection_id') ?? '');
    const token = query.get('awps_reconnection_token') ?? '';
    if (session?.isReliable !== true || !isSameToken(token, session.reconnectionToken)) {
      webSocket.on('error', () => undefined);
      webSocket.close(CloseCode.policyViolation, 'The connection could not be recovered.');
      return;
    }
    this.#bind(session, webSocket, stream);
  }

  #bind(session: Session, webSocket: WebSocket, stream: Duplex): void {
    const conversation = this.#conversations.get(session);
    const transport = new WebSocketTransport(webSocket, stream);
    webSocket.on('message', (data, isBinary) => {
      // What an old socket still had to say when the client came back with a new one has been given up by the client.
      if (session.isAttachedTo(transport)) conversation?.receive({ data: toBuffer(data), isBinary });
    });
    webSocket.on('error', (error: NodeJS.ErrnoException) => {
      // Broken frames are the client's fault: it would send them again after a recovery. A lost network is not.
      if (error.code?.startsWith('WS_ERR_') !== true || !session.isAttachedTo(transport)) return;
      session.close(`The client frame is not valid. ${error.message}`, CloseCode.protocolError);
    });
    webSocket.on('close', (code, reason) => {
      this.#keepAlive.remove(session.hub, transport);
      session.detach(transport, code, reason.toString());
    });
    this.#keepAlive.add(session.hub, transport);
    session.attach(transport);
  }
}
