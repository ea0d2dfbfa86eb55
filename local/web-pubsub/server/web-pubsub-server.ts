import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Settings } from '../config.ts';
import { CloseCode } from '../engine/transport.ts';
import { ClientEndpoint } from './client/client-endpoint.ts';
import { Hubs } from './hubs.ts';
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
}

export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 3000;
const KEEP_ALIVE_MS = 75_000; // longer than the SDK's agent keeps a connection: it must be the one to close it

const createServer = (certificate: Certificate | undefined): Server => {
  const options = { keepAliveTimeout: KEEP_ALIVE_MS };
  return certificate ? createHttpsServer({ ...options, ...certificate }) : createHttpServer(options);
};

const listen = async (server: Server, port: number, host: string): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(port, host, () => {
    resolve(undefined);
  });
  await promise;
  server.off('error', reject);
  return (server.address() as AddressInfo).port;
};

/** Puts hubs, REST API, client endpoint and upstream together behind one port. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const { settings, accessKey, log, host, acceptsUnverifiedTokens } = options;
  const server = createServer(options.certificate);
  const port = await listen(server, options.port, host);
  const upstream = new Upstream(settings, accessKey, `${host}:${port}`, log);
  const hubs = new Hubs(settings.limits, (session, reason) => {
    upstream.disconnected(session, reason);
  });
  const rest = new RestApi(hubs, { accessKey, acceptsUnverifiedTokens, log });
  const clients = new ClientEndpoint({ settings, accessKey, hubs, upstream, log });
  server.on('request', (request, response) => void rest.handle(request, response));
  server.on('upgrade', (request, socket, head) => void clients.upgrade(request, socket, head));

  const stop = async (): Promise<void> => {
    clients.stop();
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    hubs.closeAll('The service is stopping.', CloseCode.goingAway);
    await upstream.stop(STOP_GRACE_MS);
    server.closeAllConnections();
    await closed;
  };
  return { port, stop };
};
