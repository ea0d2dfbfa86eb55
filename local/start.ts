/** `npm start`: everything on this machine. `npm run services`: all but the Functions host. See README.md. */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startStack, type Stack } from './stack.ts';
import { fillHello } from './stack/hello.ts';
import { pageMount, pageOrigins } from './stack/page.ts';
import { portsFromEnvironment } from './stack/ports.ts';
import { type ServiceName, serviceNames } from './stack/services.ts';
import { ensureSettings, readSettings } from './stack/settings.ts';
import { allowPages } from './stack/storage-cors.ts';

const usage = `Usage: node local/start.ts [options]
  --app FOLDER          the function app (default: here)
  --service-bus FILE    queues and topics (default: infra/service-bus.json)
  --web-pubsub FILE     hubs (default: infra/web-pubsub.json)
  --settings FILE       the app's settings (default: local.settings.json); the environment wins
  --sample FILE         what they are made from when missing (default: local.settings.sample.json)
  --hello FILE          text to show when all is up (default: infra/hello.txt, if there is one)
  --web FOLDER          files to answer other paths with (default: dist/web, if it is there)
  --data FOLDER         where state and logs are kept (default: .parley)
  --services            all but the Functions host, for use with "func start"
  --workers N           processes that run the app (default: 1)
  --no-console          no console at /dev of the Functions port
  --verbose             show all that the services print, not only warnings and errors
Ports: FUNCTIONS_PORT, SERVICE_BUS_PORT, WEB_PUBSUB_PORT, BLOB_PORT, TABLE_PORT (0: any free one)`;

const titles: Record<ServiceName, string> = {
  azurite: 'Storage (Azurite)',
  'service-bus': 'Service Bus',
  'web-pubsub': 'Web PubSub',
  functions: 'Functions',
};

function readFlags() {
  return parseArgs({
    options: {
      app: { type: 'string', default: '.' },
      'service-bus': { type: 'string', default: 'infra/service-bus.json' },
      'web-pubsub': { type: 'string', default: 'infra/web-pubsub.json' },
      settings: { type: 'string', default: 'local.settings.json' },
      sample: { type: 'string', default: 'local.settings.sample.json' },
      hello: { type: 'string', default: 'infra/hello.txt' },
      web: { type: 'string', default: 'dist/web' },
      data: { type: 'string', default: '.parley' },
      workers: { type: 'string', default: '1' },
      services: { type: 'boolean', default: false },
      'no-console': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function urlsOf(service: ServiceName, { urls }: Stack): string {
  switch (service) {
    case 'azurite':
      return `${urls.blob} (blobs), ${urls.table} (tables)`;
    case 'service-bus':
      return urls.serviceBus;
    case 'web-pubsub':
      return urls.webPubSub;
    case 'functions':
      return urls.functions;
  }
}

function report(stack: Stack, running: readonly ServiceName[], seconds: string, dataDir: string): void {
  const memory = stack.memoryMb();
  console.log(`\nEverything is up after ${seconds} s:`);
  for (const name of running) {
    const size = memory[name] === undefined ? '' : `  ${memory[name]} MB`;
    console.log(`  ${titles[name].padEnd(18)} ${urlsOf(name, stack)}${size}`);
  }
  if (stack.hasConsole) console.log(`  ${'Console'.padEnd(18)} ${stack.urls.functions}/dev`);
  console.log(`Logs: ${dataDir}/logs   Stop: Ctrl-C   Start afresh: npm run reset\n`);
}

/**
 * npm passes SIGTERM on to the shell between it and this process, and that shell dies without passing it on; the
 * change of parent is all that is left to see.
 */
function onOrphaned(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 500).unref();
}

/** A second signal so soon is the first one's echo: under npm, Ctrl-C comes directly and through npm. */
const impatienceMs = 1000;

/** Somebody asked twice: nothing is waited for any more but storage, which would lose what it has not written. */
function hurry(stack: Stack | undefined, running: readonly ServiceName[]): void {
  for (const name of running) if (name !== 'azurite') void stack?.kill(name, 'SIGKILL');
}

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.help) {
    console.log(usage);
    return;
  }
  const startedAt = performance.now();
  const running = serviceNames.filter((name) => name !== 'functions' || !flags.services);
  if (ensureSettings(flags.settings, flags.sample)) {
    console.log(`Made ${flags.settings} from ${flags.sample}, with secrets of its own.`);
  }

  const state: { stack?: Stack; exitCode?: number; askedAt?: number } = {};
  const end = (code: number): void => {
    if (state.exitCode !== undefined) {
      if (Date.now() - (state.askedAt ?? 0) > impatienceMs) hurry(state.stack, running);
      return;
    }
    state.exitCode = code;
    state.askedAt = Date.now();
    if (state.stack === undefined) return; // ends once the start has come to its end
    console.log('Stopping …');
    state.stack.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
  process.on('disconnect', () => end(0));
  process.stdout.on('error', () => end(0)); // the terminal is gone
  onOrphaned(() => end(0));

  const page = !flags.services && existsSync(flags.web);
  const stack = await startStack({
    appDir: flags.app,
    serviceBusConfig: flags['service-bus'],
    webPubSubConfig: flags['web-pubsub'],
    dataDir: flags.data,
    ports: portsFromEnvironment(process.env),
    settings: readSettings(flags.settings),
    env: process.env,
    services: running,
    console: !flags.services && !flags['no-console'],
    ...(page && pageMount(flags.web)),
    workers: Number(flags.workers),
    verbose: flags.verbose,
    onLine: (service, line) => console.error(`${service}: ${line}`),
    onReady: (service, afterMs) => console.log(`✓ ${titles[service]} (${(afterMs / 1000).toFixed(1)} s)`),
    onUnexpectedExit: (_, message) => {
      console.error(message);
      end(1);
    },
  });
  state.stack = stack;
  try {
    if (page) await allowPages(stack.urls.blob, pageOrigins(stack.urls.functions));
    if (state.exitCode !== undefined) {
      await stack.stop();
      process.exit(state.exitCode);
    }
    report(stack, running, ((performance.now() - startedAt) / 1000).toFixed(1), flags.data);
    if (!flags.services && existsSync(flags.hello)) {
      const settings = { ...stack.settings, ...process.env };
      console.log(fillHello(readFileSync(flags.hello, 'utf8'), { ...stack.urls }, settings));
    }
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof TypeError && 'code' in error) console.error(usage);
  process.exit(1);
});
