import { resolve } from 'node:path';
import { type Inspection, startInspection } from '../inspection/inspection.ts';
import { loadApp } from './app-loader.ts';
import { unsupported } from './binding-validator.ts';
import { loadHostConfig } from './config/host-json.ts';
import type { Settings } from './config/settings.ts';
import { AppRegistry, type RegisteredFunction } from './core-api.ts';
import { HostStartError } from './errors.ts';
import { HttpServer } from './http/server.ts';
import { Invocations } from './inspection/invocations.ts';
import { inspectionOperations } from './inspection/operations.ts';
import { watchOutgoing } from './inspection/outgoing.ts';
import { Invoker } from './invoker.ts';
import { HostLog, parseLogLevel, type LogSink } from './log.ts';
import type { Mount } from './mounts/mount.ts';
import { endedWithin } from './time-limit.ts';
import { Triggers } from './triggers/triggers.ts';

export interface FunctionsHostOptions {
  /** The folder with the app's `package.json` and `host.json`. */
  appDir: string;
  /** 0 chooses a free one. Default 7071. */
  port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  host?: string;
  /** The app's settings; they are put into `process.env`, where the app reads them. */
  settings: Settings;
  /** False for an instance whose timers another one has. Default true. */
  timers?: boolean;
  /** What answers paths that no function takes, as `readMounts` makes them. Default: nothing. */
  mounts?: readonly Mount[];
  /** Opens it for inspection: at which port (0: any), and with which key. Default: it is closed. */
  inspection?: { port: number; key: string | undefined } | undefined;
  /** How long what runs may take when it is stopped. Default 20,000. */
  drainMs?: number | undefined;
  /** Where log lines go. Default: nowhere. */
  log?: LogSink;
}

export interface FunctionsHost {
  port: number;
  /** Names of the functions that run. */
  functions: string[];
  /** Where it can be inspected. */
  inspectionUrl: string | undefined;
  /**
   * Stops listening, waits for what runs, runs the app's appTerminate hooks. What still runs after `drainMs` is left: what
   * came from a queue comes again. @throws Error that says so
   */
  stop(): Promise<void>;
}

/**
 * Starts the app in this process, as the Azure Functions host would. A process can hold one app.
 *
 * @throws HostStartError when the app or its configuration cannot be run here; its message lists all that is wrong
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { settings } = options;
  const appDir = resolve(options.appDir);
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) process.env[name] = value;
  const config = loadHostConfig(appDir, settings);
  const log = new HostLog(config.logLevels, options.log ?? (() => undefined));
  for (const warning of config.warnings) log.write('warning', 'Host.Startup', warning);

  const registry = new AppRegistry((level, category, message) =>
    log.write(parseLogLevel(level) ?? 'information', category === 'user' ? 'Worker.User' : 'Worker', message),
  );
  await loadApp(appDir, registry, (reason) => log.write('warning', 'Host.Startup', reason));
  const functions = enabledFunctions(registry, options, log);
  const invocations = options.inspection && new Invocations();
  const invoker = new Invoker(registry, log, config.functionTimeoutMs, invocations);
  const triggers = new Triggers(
    functions.filter((fn) => !isHttp(fn)),
    { settings, config, invoker, log },
  );
  const http = new HttpServer({
    port: options.port ?? 7071,
    host: options.host ?? '127.0.0.1',
    routePrefix: config.routePrefix,
    customHeaders: config.customHeaders,
    maxOutstandingRequests: config.maxOutstandingRequests,
    functions: functions.filter(isHttp),
    fire: (name) => triggers.fire(name),
    mounts: options.mounts ?? [],
    invoker,
    log,
  });

  await http.listen();
  await triggers.start();
  const inspection = invocations && (await inspect(options, functions, triggers, invocations));
  const url = `http://${options.host ?? '127.0.0.1'}:${http.port}`;
  log.write('information', 'Host.Startup', `${functions.length} functions are running at ${url}`);
  return {
    port: http.port,
    functions: functions.map((fn) => fn.name),
    inspectionUrl: inspection?.url,
    stop: () => stopHost({ http, triggers, invoker, registry, inspection, log }, options.drainMs ?? 20_000),
  };
}

async function inspect(
  { inspection = { port: 0, key: undefined } }: FunctionsHostOptions,
  functions: RegisteredFunction[],
  triggers: Triggers,
  invocations: Invocations,
): Promise<Inspection> {
  watchOutgoing(invocations);
  const operations = inspectionOperations(functions, triggers, invocations);
  return startInspection({ ...inspection, operations, live: { invocations: invocations.recent } });
}

interface HostParts {
  http: HttpServer;
  triggers: Triggers;
  invoker: Invoker;
  registry: AppRegistry;
  inspection: Inspection | undefined;
  log: HostLog;
}

async function stopHost(
  { http, triggers, invoker, registry, inspection, log }: HostParts,
  drainMs: number,
): Promise<void> {
  log.write('information', 'Host.Shutdown', 'Draining: no new work is taken, what runs is finished.');
  const work = Promise.all([http.close(), triggers.stop()]).then(() => invoker.idle());
  const isDrained = await endedWithin(drainMs, work);
  const { appLevelHookData, appHookData } = registry;
  await registry.runHooks('appTerminate', { hookData: appLevelHookData, appHookData });
  await inspection?.close();
  if (!isDrained) throw new Error(`Work in flight did not end within ${drainMs / 1000} s.`);
  log.write('information', 'Host.Shutdown', 'Stopped.');
}

function enabledFunctions(
  registry: AppRegistry,
  { settings, timers = true }: FunctionsHostOptions,
  log: HostLog,
): RegisteredFunction[] {
  const enabled = [...registry.functions.values()].filter((fn) => {
    const disabled = /^(true|1)$/i.test(settings[`AzureWebJobs.${fn.name}.Disabled`] ?? '');
    if (disabled)
      log.write('information', 'Host.Startup', `Function '${fn.name}' is disabled by its setting.`);
    return !disabled && (timers || !isTimer(fn));
  });
  const problems = unsupported(enabled);
  if (problems.length > 0) throw new HostStartError(`The app cannot run here:\n- ${problems.join('\n- ')}`);
  return enabled;
}

function isTimer(fn: RegisteredFunction): boolean {
  return fn.trigger.binding.type.toLowerCase() === 'timertrigger';
}

function isHttp(fn: RegisteredFunction): boolean {
  return fn.trigger.binding.type.toLowerCase() === 'httptrigger';
}
