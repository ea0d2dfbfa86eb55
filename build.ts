/**
 * Bundles the function app into dist/functions: ES modules, so that what is imported lazily stays a file of its own and
 * costs nothing at a cold start. Only the programming model's seam is left to the host.
 */
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['functions/index.ts'],
  outdir: 'dist/functions',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  sourcemap: true,
  external: ['@azure/functions-core'],
  // CommonJS packages inside an ES module bundle still call require().
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});

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
