/** Builds the package: one ES module, its source map and its types. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { rollUp } from './roll-up.ts';

const folder = join(import.meta.dirname, '..');

/** @param outdir where to */
export const buildClient = async (outdir = join(folder, 'dist')): Promise<void> => {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  await build({
    entryPoints: [join(folder, 'index.ts')],
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    target: 'es2023',
    sourcemap: true,
    logLevel: 'warning',
  });
  await writeFile(join(outdir, 'index.d.ts'), rollUp());
};

/** What the package offers, to be checked in: a change of it shows in the review. */
export const apiReport = (): string =>
  `# The API of @parley/client\n\nMade by \`node client/tools/report.ts\`; a test holds it up to date.\n\n\`\`\`ts\n${rollUp()}\`\`\`\n`;
