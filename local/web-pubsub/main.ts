/**
 * Runs a local Web PubSub service.
 * Usage: node local/web-pubsub/main.ts --config <hubs.json> [--port 8080] [--host 127.0.0.1]
 *   [--https-cert <file> --https-key <file>]   serve https; both files are made when neither exists
 *   [--accept-unverified-tokens]               let REST calls in with any JWT, for TokenCredential
 *   [--inspection-port 0]                      open it for inspection, with the key in INSPECTION_KEY
 * The access key can be given in WEB_PUBSUB_ACCESS_KEY.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readInspectionPort } from '../inspection/inspection.ts';
import { createSelfSignedCertificate, startWebPubSub, type WebPubSubConfig } from './index.ts';

const readArguments = () => {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '8080' },
      host: { type: 'string', default: '127.0.0.1' },
      'https-cert': { type: 'string' },
      'https-key': { type: 'string' },
      'inspection-port': { type: 'string' },
      'accept-unverified-tokens': { type: 'boolean', default: false },
    },
  });
  if (values.config === undefined) throw new Error('Say which hubs file to use: --config <file>.');
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535, not "${values.port}".`);
  }
  const inspectionPort = readInspectionPort(values['inspection-port']);
  return { ...values, config: values.config, port, inspectionPort };
};

/** Its shape is checked by the service. */
const readHubsFile = (path: string): WebPubSubConfig => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as WebPubSubConfig;
  } catch (error) {
    throw new Error(`Cannot read the hubs file ${path}: ${(error as Error).message}`, { cause: error });
  }
};

/** The certificate to serve https with; kept in the two files, so that clients can go on trusting it. */
const readCertificate = (certFile: string | undefined, keyFile: string | undefined, host: string) => {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new Error('https needs both --https-cert <file> and --https-key <file>.');
  }
  if (!existsSync(certFile) && !existsSync(keyFile)) {
    const { cert, key } = createSelfSignedCertificate(host);
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    console.log(`Made a self-signed certificate. Node trusts it with NODE_EXTRA_CA_CERTS=${certFile}`);
  }
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
};

const explain = (error: unknown, port: number, host: string): string => {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is already in use. Stop what holds it, or choose another port with --port.`;
  }
  return error instanceof Error ? error.message : String(error);
};

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

const run = async (): Promise<void> => {
  const { config, port, host, inspectionPort, ...values } = readArguments();
  const { WEB_PUBSUB_ACCESS_KEY: accessKey, INSPECTION_KEY: key } = process.env;
  const service = await startWebPubSub({
    config: readHubsFile(config),
    port,
    host,
    ...(accessKey ? { accessKey } : {}),
    certificate: readCertificate(values['https-cert'], values['https-key'], host),
    inspection: inspectionPort === undefined ? undefined : { port: inspectionPort, key },
    acceptUnverifiedTokens: values['accept-unverified-tokens'],
    log: (line) => {
      console.error(line);
    },
  }).catch((error: unknown) => fail(explain(error, port, host)));

  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void service.stop().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // The parent has died: nobody else would end this process.
  process.on('disconnect', stop);
  const [, endpoint] = /Endpoint=([^;]+)/.exec(service.connectionString) ?? [];
  console.log(`Web PubSub is listening on ${endpoint ?? `port ${service.port}`}`);
  const { connectionString, inspectionUrl: inspection } = service;
  process.send?.({ type: 'ready', port: service.port, connectionString, inspection });
};

await run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
