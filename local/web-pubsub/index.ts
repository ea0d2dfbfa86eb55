import { readConfig, type WebPubSubConfig } from './config.ts';
import { reachableName } from './server/own-url.ts';
import type { Certificate } from './server/self-signed-certificate.ts';
import { startServer } from './server/web-pubsub-server.ts';

export type { WebPubSubConfig } from './config.ts';
export { createSelfSignedCertificate } from './server/self-signed-certificate.ts';

/** Published and the same everywhere, like Azurite's: it opens a local service and nothing else. */
export const developmentAccessKey = 'Local-Web-PubSub-development-key-It-is-published-and-protects-nothing=';

export interface WebPubSubOptions {
  /** 0 takes any free port. Default 8080. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Signs tokens and events. At least 32 bytes. Default: {@link developmentAccessKey}. */
  readonly accessKey?: string;
  /** The parsed hubs file. */
  readonly config: WebPubSubConfig;
  /** Serves https and wss with this certificate, instead of http and ws. */
  readonly certificate?: Certificate | undefined;
  /**
   * Lets REST calls in with any bearer token that is a JWT in its time, whoever signed it: for SDK clients that are made
   * with a TokenCredential. Only where everybody who can reach the port may do everything. Default false.
   */
  readonly acceptUnverifiedTokens?: boolean;
  /** Opens it for inspection: at which port (0: any), and with which key. Default: it is closed. */
  readonly inspection?: { readonly port: number; readonly key: string | undefined } | undefined;
  readonly log?: (line: string) => void;
}

/** A service that is up. */
export interface WebPubSub {
  readonly port: number;
  /** Where it can be inspected. */
  readonly inspectionUrl: string | undefined;
  /** Over http: `new WebPubSubServiceClient(connectionString, hub, { allowInsecureConnection: true })`. */
  readonly connectionString: string;
  /** Closes all connections with 1001, lets notifications of it reach the event handler, frees the port. */
  stop(): Promise<void>;
}

const MIN_KEY_BYTES = 32; // RFC 7518 §3.2: a key of HS256 is at least as long as its hash

/**
 * Starts a Web PubSub service in this process. Everything lives in memory and ends with it.
 * @throws Error when the configuration is not valid or the port cannot be had
 */
export const startWebPubSub = async (options: WebPubSubOptions): Promise<WebPubSub> => {
  const { port: wanted = 8080, host = '127.0.0.1', accessKey = developmentAccessKey } = options;
  if (Buffer.byteLength(accessKey) < MIN_KEY_BYTES) {
    throw new Error(`The access key must have at least ${MIN_KEY_BYTES} bytes.`);
  }
  const server = await startServer({
    settings: readConfig(options.config),
    port: wanted,
    host,
    accessKey,
    acceptsUnverifiedTokens: options.acceptUnverifiedTokens === true,
    certificate: options.certificate,
    inspection: options.inspection,
    log: options.log ?? (() => undefined),
  });
  const endpoint = `${options.certificate ? 'https' : 'http'}://${reachableName(host)}:${server.port}`;
  return {
    port: server.port,
    inspectionUrl: server.inspectionUrl,
    stop: () => server.stop(),
    connectionString: `Endpoint=${endpoint};AccessKey=${accessKey};Version=1.0;`,
  };
};
