import { existsSync, globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { AppRegistry } from './core-api.ts';
import { HostStartError, messageOf } from './errors.ts';

const seam = '@azure/functions-core';
const seamUrl = 'functions-host:core';
const globalKey = Symbol.for('functions-host.core');

/**
 * Lets the app's `import` or `require` of `@azure/functions-core` find the registry: the library asks for it lazily
 * and, finding none, would silently go into its test mode.
 */
function provideCoreModule(registry: AppRegistry): void {
  (globalThis as Record<symbol, unknown>)[globalKey] = registry.coreModule();
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === seam
        ? { url: seamUrl, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === seamUrl
        ? {
            format: 'commonjs',
            shortCircuit: true,
            source: "module.exports = globalThis[Symbol.for('functions-host.core')];",
          }
        : next(url, context),
  });
}

/** The app's entry files: package.json `main`, which may be a glob. */
function entryFiles(appDir: string): string[] {
  const manifest = resolve(appDir, 'package.json');
  if (!existsSync(manifest)) throw new HostStartError(`There is no package.json in ${appDir}.`);
  let main: unknown;
  try {
    main = (JSON.parse(readFileSync(manifest, 'utf8')) as { main?: unknown }).main;
  } catch (error) {
    throw new HostStartError(`${manifest} is not valid JSON: ${messageOf(error)}`);
  }
  if (typeof main !== 'string' || main === '') {
    throw new HostStartError(
      `${manifest} has no "main": it must name the app's entry file, or a glob of them.`,
    );
  }
  const files = globSync(main, { cwd: appDir })
    .sort()
    .map((file) => resolve(appDir, file));
  if (files.length === 0) {
    throw new HostStartError(
      `"main" of ${manifest} is "${main}", but no such file exists. Is the app built?`,
    );
  }
  return files;
}

/** Waits between tries of the appStart hooks, in seconds: two minutes in all. */
const startDelaysS = [1, 2, 4, 8, 15, 30, 30, 30];

/**
 * Runs the appStart hooks, all of them again when one fails: what they need may be about to come up. The real host starts
 * its worker anew for that, with growing delays; here they run in the same process.
 */
async function runStartHooks(
  appDir: string,
  registry: AppRegistry,
  onRetry: (reason: string) => void,
): Promise<void> {
  for (const delayS of [...startDelaysS, undefined]) {
    try {
      await registry.runHooks('appStart', {
        functionAppDirectory: appDir,
        hookData: registry.appLevelHookData,
        appHookData: registry.appHookData,
      });
      return;
    } catch (error) {
      if (delayS === undefined) {
        throw new HostStartError(`An appStart hook failed: ${describe(error)}`, { cause: error });
      }
      onRetry(`An appStart hook failed; the next try is in ${delayS} s. ${describe(error)}`);
      await delay(delayS * 1000);
    }
  }
}

/**
 * Loads the app, runs its appStart hooks and closes registration.
 *
 * @param onRetry told why the app did not start, each time before its appStart hooks are tried again
 * @throws HostStartError when there is nothing to load, the app throws while loading, its appStart hooks keep failing, no
 * programming model was set, or the app asks for HTTP streaming (its library would open a server of its own on all
 * interfaces).
 */
export async function loadApp(
  appDir: string,
  registry: AppRegistry,
  onRetry: (reason: string) => void,
): Promise<void> {
  const files = entryFiles(appDir);
  provideCoreModule(registry);
  for (const file of files) {
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      if (error instanceof HostStartError) throw error;
      throw new HostStartError(`The app failed to load ${file}: ${describe(error)}`, { cause: error });
    }
  }
  await runStartHooks(appDir, registry, onRetry);
  if (registry.model === undefined) {
    throw new HostStartError(
      `${files.join(', ')} registered no function through @azure/functions. If it is bundled, ` +
        '"@azure/functions-core" must stay external.',
    );
  }
  const capabilities = await registry.model.getCapabilities({});
  registry.locked = true;
  if (capabilities.HttpUri !== undefined) {
    throw new HostStartError(
      'The app calls app.setup({ enableHttpStream: true }), which is not supported here. Leave it off, or set it only in Azure.',
    );
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
