import type { BuildOptions } from 'esbuild';

/**
 * The function app in one bundle: ES modules, so that what is imported lazily stays a file of its own and costs nothing at a
 * cold start. Only the programming model's seam is left to the host.
 */
export const functionsBundle = {
  entryPoints: ['functions/index.ts'],
  outdir: 'dist/functions',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  sourcemap: true,
  external: ['@azure/functions-core'],
  // CommonJS packages inside an ES module bundle still call require(), and look where they are.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
      'const { filename: __filename, dirname: __dirname } = import.meta;',
    ].join(' '),
  },
  logLevel: 'warning',
} as const satisfies BuildOptions;
