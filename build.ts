/** Bundles the function app into dist/functions, the local services into dist/local, and the chat page into dist/web. */
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { build as buildPage } from 'vite';
import { functionsBundle } from './build.options.ts';

await rm('dist', { recursive: true, force: true });
await build(functionsBundle);

// The local services, each a command of its own: `npx local-service-bus`, `npx local-web-pubsub`, `npx local-functions-host`.
await build({
  entryPoints: Object.fromEntries(
    ['service-bus', 'web-pubsub', 'functions-host'].map((name) => [name, `local/${name}/main.ts`]),
  ),
  outdir: 'dist/local',
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node24',
  format: 'esm',
  banner: { js: '#!/usr/bin/env node' },
  logLevel: 'warning',
});

// The chat page, for `npm start` and for any static host.
await buildPage({ configFile: 'web/vite.config.ts', logLevel: 'warn' });

// The package for apps, beside its source: `npm pack ./client`.
if (process.argv.includes('--all')) {
  const { buildClient } = await import('./client/tools/build.ts');
  await buildClient();
}
