import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorAnswer, Faults } from '../../inspection/faults.ts';
import { type Inspection, startInspection } from '../../inspection/inspection.ts';
import type { Settings } from '../config.ts';
import { CloseCode } from '../engine/transport.ts';
import { inspectionOperations } from '../inspection/operations.ts';
import { Traffic } from '../inspection/traffic.ts';
import { ClientEndpoint } from './client/client-endpoint.ts';
import { Hubs } from './hubs.ts';
import { reachableName } from './own-url.ts';
import { RestApi } from './rest/rest-api.ts';
import type { Certificate } from './self-signed-certificate.ts';
import { Upstream } from './upstream/upstream.ts';

export interface ServerOptions {
  readonly settings: Settings;
  readonly port: number;
  readonly host: string;
  readonly accessKey: string;
  readonly acceptsUnverifiedTokens: boolean;
  /** Serves https and wss instead of http and ws. */
  readonly certificate: Certificate | undefined;
  readonly log: (line: string) => void;
  /** Where it can be inspected; nowhere if left out. */
  readonly inspection: { readonly port: number; readonly key: string | undefined } | undefined;
}

export interface RunningServer {
  readonly port: number;
  readonly inspectionUrl: string | undefined;
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 3000;
const KEEP_ALIVE_MS = 75_000; // longer than the SDK's agent keeps a connection: it must be the one to close it

const createServer = (certificate: Certificate | undefined): Server => {
  const options = { keepAliveTimeout: KEEP_ALIVE_MS };
  return certificate ? createHttpsServer({ ...options, ...certificate }) : createHttpServer(options);
};

const listen = async (server: Server, port: number, host: string): Promise<number> => {
  server.listen(port, host);
  await once(server, 'listening'); // rejects if 'error' comes instead
  return (server.address() as AddressInfo).port;
};

/** A refusal of the REST API, made by the developer. */
const refuse: ErrorAnswer = (request, response, status) => {
  request.resume();
  const isThrottled = status === 429 || status === 503;
  response.writeHead(status, isThrottled ? { 'retry-after': '1' } : {}).end();
};

/** Puts hubs, REST API, client endpoint and upstream together behind one port. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const { settings, accessKey, log, host, acceptsUnverifiedTokens } = options;
  const server = createServer(options.certificate);
  const port = await listen(server, options.port, host);
  const upstream = new Upstream(settings, accessKey, `${reachableName(host)}:${port}`, log);
  const traffic = options.inspection && new Traffic();
  const hubs = new Hubs(
    settings.limits,
    (session, reason) => {
      upstream.disconnected(session, reason);
    },
    traffic,
  );
  const rest = new RestApi(hubs, { accessKey, acceptsUnverifiedTokens, log, witness: traffic });
  const clients = new ClientEndpoint({ settings, accessKey, hubs, upstream, log });
  const faults = options.inspection && new Faults({ rest: refuse });
  server.on('request', (request, response) => {
    const serve = (): void => void rest.handle(request, response);
    if (faults) faults.pass('rest', request, response, serve);
    else serve();
  });
  server.on('upgrade', (request, socket, head) => void clients.upgrade(request, socket, head));

  const sockets = trackSockets(server);
  const inspection = await inspect(options, hubs, traffic, faults);

  const stop = async (): Promise<void> => {
    clients.stop();
    await inspection?.close();
    const closed = once(server, 'close');
    server.close();
    hubs.closeAll('The service is stopping.', CloseCode.goingAway);
    await upstream.stop(STOP_GRACE_MS);
    server.closeAllConnections();
    await Promise.race([closed, delay(STOP_GRACE_MS, undefined, { ref: false })]);
    // What is left are clients that do not answer the close.
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port, inspectionUrl: inspection?.url, stop };
};

const inspect = async (
  { inspection }: ServerOptions,
  hubs: Hubs,
  traffic: Traffic | undefined,
  faults: Faults | undefined,
): Promise<Inspection | undefined> => {
  if (!inspection || !traffic || !faults) return undefined;
  const operations = { ...inspectionOperations(hubs, traffic), ...faults.operations() };
  const live = { traffic: traffic.recent, faults: faults.failures };
  return startInspection({ ...inspection, operations, live });
};

const trackSockets = (server: Server): ReadonlySet<Socket> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return sockets;
};
