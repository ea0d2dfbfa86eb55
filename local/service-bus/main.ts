/** Command line of the broker: `node local/service-bus/main.ts --config infra/service-bus.json` */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startServiceBus } from './index.ts';
import type { ServiceBus, ServiceBusConfig } from './index.ts';

const usage = `Usage: node local/service-bus/main.ts --config FILE [--port 5672] [--host 127.0.0.1] [--data FOLDER] [--tls-cert FILE --tls-key FILE]

  --config  entities file, in the shape of config.json of Microsoft's Service Bus emulator
  --port    port for AMQP and administration; 0 takes any free one
  --host    address to listen on
  --tls-cert, --tls-key  PEM files; with them the port also speaks TLS
  --data    folder of the journal; without it messages are lost when the broker stops`;

try {
  const options = readArguments();
  const broker = await startServiceBus({
    ...options,
    config: await readConfigFile(options.configFile),
    ...(options.certFile !== undefined &&
      options.keyFile !== undefined && {
        tls: { cert: await readFile(options.certFile, 'utf8'), key: await readFile(options.keyFile, 'utf8') },
      }),
    log: (line) => {
      console.error(line);
    },
    onFailure: () => process.exit(1),
  });
  stopWithProcess(broker);
  console.log(`Service Bus listens on ${options.host}:${broker.port}.`);
  process.send?.({ type: 'ready', port: broker.port, connectionString: broker.connectionString });
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

interface Arguments {
  readonly configFile: string;
  readonly port: number;
  readonly host: string;
  readonly dataDir?: string;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '5672' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
    },
  });
  if (values.config === undefined) throw new Error(usage);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535, not '${values.port}'.`);
  }
  const { 'tls-cert': certFile, 'tls-key': keyFile } = values;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new Error('--tls-cert and --tls-key belong together.');
  }
  return {
    configFile: values.config,
    port,
    host: values.host,
    certFile,
    keyFile,
    ...(values.data !== undefined && { dataDir: values.data }),
  };
}

async function readConfigFile(path: string): Promise<ServiceBusConfig> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ServiceBusConfig;
  } catch (error) {
    throw new Error(`The configuration ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Also when the parent process has died: nobody else would end this one. */
function stopWithProcess(broker: ServiceBus): void {
  const stop = () => {
    void broker.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
}

function explain(error: unknown): string {
  const { code, port, address, message } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
  };
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${address} is already in use. Stop what holds it, or choose another port with --port.`;
  }
  return message;
}
