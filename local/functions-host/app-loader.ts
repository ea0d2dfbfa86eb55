import { existsSync, globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
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

/**
 * Loads the app, runs its appStart hooks and closes registration.
 *
 * @throws HostStartError when there is nothing to load, the app throws while loading, no programming model was set, or
 * the app asks for HTTP streaming (its library would open a server of its own on all interfaces).
 */
export async function loadApp(appDir: string, registry: AppRegistry): Promise<void> {
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
  try {
    await registry.runHooks('appStart', {
      functionAppDirectory: appDir,
      hookData: registry.appLevelHookData,
      appHookData: registry.appHookData,
    });
  } catch (error) {
    throw new HostStartError(`An appStart hook failed: ${describe(error)}`, { cause: error });
  }
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
