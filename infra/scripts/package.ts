/** Packs what is deployed into dist/app.zip: what .funcignore leaves, as azd and func do it by themselves. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { zip } from './zip.ts';

const paths = ['host.json', 'package.json', ...globSync('dist/functions/**/*.js').sort()];
if (paths.length === 2) throw new Error('There is no app in dist/functions: npm run build makes it.');
const archive = zip(new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(path)])));
writeFileSync('dist/app.zip', archive);
console.log(`dist/app.zip: ${paths.length} files, ${(archive.length / 1024 ** 2).toFixed(1)} MB`);
