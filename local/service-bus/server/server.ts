/** The broker's port. */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Namespace } from '../engine/namespace.ts';
import { administrationHandler } from './admin/http.ts';
import { serveConnection } from './connection.ts';
import { Links } from './links.ts';
import { createContainer } from './rhea.ts';
import type { Container, Link, ReceiverLink, SenderLink, Session } from './rhea.ts';

/** A certificate and its key, in PEM. */
interface TlsOptions {
  readonly key: string;
  readonly cert: string;
}

export interface BrokerServer {
  readonly port: number;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/** Every AMQP connection begins with its name (AMQP 1.0 §2.2). */
const amqpFirstByte = 'A'.charCodeAt(0);

/** A TLS handshake record. */
const tlsFirstByte = 0x16;

/** Listens for AMQP and for administration by HTTP, either of them plain or, with a certificate, by TLS. Rejects with Node's error if the port cannot be had. */
export async function listen(options: {
  namespace: Namespace;
  port: number;
  host: string;
  tls?: TlsOptions | undefined;
  log: (line: string) => void;
}): Promise<BrokerServer> {
  const links = new Links(options.namespace);
  const container = brokerContainer(links, options.log);
  const sockets = new Set<Socket>();
  const http = createHttpServer(administrationHandler(options.namespace));
  const serveSocket = (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    onFirstByte(socket, (byte) => {
      if (byte === amqpFirstByte) serve(socket, container, links, options.log);
      else if (byte !== tlsFirstByte) http.emit('connection', socket);
      else if (tls) tls.emit('connection', socket);
      else socket.destroy();
    });
  };
  const tls = options.tls && createTlsServer(options.tls, serveSocket);
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveSocket(socket);
  });
  await listening(server, options.port, options.host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

function serve(socket: Socket, container: Container, links: Links, log: (line: string) => void): void {
  serveConnection(socket, container, {
    gone: (connection) => {
      links.connectionLost(connection);
    },
    windowOpened: (session) => {
      links.windowOpened(session);
    },
    failed: (error) => {
      log(`A connection is closed: ${describeError(error)}`);
    },
  });
}

/** What peers do arrives as events of the container. */
function brokerContainer(links: Links, log: (line: string) => void): Container {
  const container = createContainer('service-bus');
  container.sasl_server_mechanisms.enable_anonymous();
  // Nobody is turned away: the broker is for one machine. The same goes for the tokens sent to $cbs.
  container.sasl_server_mechanisms.enable_plain(() => true);
  container.on('sender_open', ({ sender }: { sender: SenderLink }) => {
    links.attachReceiver(sender);
  });
  container.on('receiver_open', ({ receiver }: { receiver: ReceiverLink }) => {
    links.attachSender(receiver);
  });
  const closed = ({ sender, receiver }: { sender?: Link; receiver?: Link }) => {
    const link = sender ?? receiver;
    if (link) links.closed(link);
  };
  container.on('sender_close', closed);
  container.on('receiver_close', closed);
  container.on('session_close', ({ session }: { session: Session }) => {
    links.sessionClosed(session);
  });
  // The connection's own 'close' is what counts; these only have to be listened to.
  for (const event of ['connection_close', 'disconnected', 'settled']) container.on(event, () => undefined);
  for (const event of ['connection_error', 'session_error', 'sender_error', 'receiver_error']) {
    container.on(event, (context: unknown) => {
      log(`${event}: ${describeError(context)}`);
    });
  }
  container.on('error', (error: unknown) => {
    log(`error: ${describeError(error)}`);
  });
  return container;
}

function describeError(context: unknown): string {
  const { error, message } = context as {
    error?: { message?: string; description?: string };
    message?: string;
  };
  return error?.message ?? error?.description ?? message ?? 'unknown';
}

function onFirstByte(socket: Socket, decide: (byte: number) => void): void {
  socket.once('readable', () => {
    const bytes = socket.read() as Buffer | null;
    const first = bytes?.[0];
    if (!bytes || first === undefined) return;
    socket.unshift(bytes);
    decide(first);
  });
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
