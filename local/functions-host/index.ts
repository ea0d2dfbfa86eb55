import { resolve } from 'node:path';
import { loadApp } from './app-loader.ts';
import { unsupported } from './binding-validator.ts';
import { loadHostConfig, type HostConfig } from './config/host-json.ts';
import type { Settings } from './config/settings.ts';
import { AppRegistry, type RegisteredFunction } from './core-api.ts';
import { HostStartError } from './errors.ts';
import type { Fireable } from './http/admin.ts';
import { HttpServer } from './http/server.ts';
import { Invoker } from './invoker.ts';
import type { Listener } from './lifecycle.ts';
import { HostLog, parseLogLevel, type LogSink } from './log.ts';
import type { Mount } from './mounts/mount.ts';
import { createListener } from './triggers/triggers.ts';

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
  /** Where log lines go. Default: nowhere. */
  log?: LogSink;
}

export interface FunctionsHost {
  port: number;
  /** Names of the functions that run. */
  functions: string[];
  /** Stops listening, waits for what runs, runs the app's appTerminate hooks. */
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
  const invoker = new Invoker(registry, log, config.functionTimeoutMs);
  const listeners = createListeners(functions, { settings, config, invoker, log });
  const http = new HttpServer({
    port: options.port ?? 7071,
    host: options.host ?? '127.0.0.1',
    routePrefix: config.routePrefix,
    customHeaders: config.customHeaders,
    functions: functions.filter(isHttp),
    fireable: fireableOf(listeners),
    mounts: options.mounts ?? [],
    invoker,
    log,
  });

  await http.listen();
  await Promise.all([...listeners.values()].map(async (listener) => listener.start()));
  const url = `http://${options.host ?? '127.0.0.1'}:${http.port}`;
  log.write('information', 'Host.Startup', `${functions.length} functions are running at ${url}`);
  return {
    port: http.port,
    functions: functions.map((fn) => fn.name),
    stop: () => stopHost(http, [...listeners.values()], invoker, registry, log),
  };
}

async function stopHost(
  http: HttpServer,
  listeners: Listener[],
  invoker: Invoker,
  registry: AppRegistry,
  log: HostLog,
): Promise<void> {
  log.write('information', 'Host.Shutdown', 'Draining: no new work is taken, what runs is finished.');
  await Promise.all([http.close(), ...listeners.map((listener) => listener.stop())]);
  await invoker.idle();
  const { appLevelHookData, appHookData } = registry;
  await registry.runHooks('appTerminate', { hookData: appLevelHookData, appHookData });
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

/** Makes all listeners, by function, or says everything that is wrong with their triggers at once. */
function createListeners(
  functions: RegisteredFunction[],
  services: { settings: Settings; config: HostConfig; invoker: Invoker; log: HostLog },
): Map<string, Listener> {
  const listeners = new Map<string, Listener>();
  const problems: string[] = [];
  for (const fn of functions.filter((each) => !isHttp(each))) {
    try {
      listeners.set(fn.name, createListener({ fn, ...services }));
    } catch (error) {
      if (!(error instanceof HostStartError)) throw error;
      problems.push(`"${fn.name}": ${error.message}`);
    }
  }
  if (problems.length > 0) throw new HostStartError(`The app cannot run here:\n- ${problems.join('\n- ')}`);
  return listeners;
}

function fireableOf(listeners: ReadonlyMap<string, Listener>): Fireable {
  const fireable = new Map<string, () => void>();
  for (const [name, listener] of listeners) {
    if (listener.fire !== undefined) fireable.set(name.toLowerCase(), () => listener.fire?.());
  }
  return fireable;
}
