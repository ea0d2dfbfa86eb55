/**
 * What of other people's is in the deployed bundle: each package with its version, licence, size and the reason why it is
 * there. `npm run -s dependencies` writes docs/dependencies.md; it fails where a package has no reason
 * (docs/dependencies.json) or a licence that is not on the list. `-- --check` writes nothing and fails where the page is
 * not as it would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { functionsBundle } from './build.options.ts';

const page = 'docs/dependencies.md';

/** Licences under which anybody may pass on what is made of a package, with a notice at most. */
const allowedLicences = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

export interface Package {
  name: string;
  /** More than one where packages want different ones. */
  versions: string[];
  licences: string[];
  bytes: number;
  reason: string | undefined;
}

/** Reasons by name; one that ends in `*` is for all names that begin so, and the nearest counts. */
export type Reasons = Readonly<Record<string, string>>;

export const reasonOf = (name: string, reasons: Reasons): string | undefined => {
  const fits = (pattern: string): boolean => pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1));
  const [best] = Object.keys(reasons)
    .filter(fits)
    .toSorted((a, b) => b.length - a.length);
  return reasons[name] ?? (best === undefined ? undefined : reasons[best]);
};

/** The folder of the package that a file is of; undefined for our own. */
export const folderOf = (path: string): string | undefined => {
  const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
  return folder;
};

const bytesByFolder = async (): Promise<Map<string, number>> => {
  const { metafile } = await build({ ...functionsBundle, write: false, metafile: true, sourcemap: false });
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = folderOf(path);
      if (folder !== undefined) bytes.set(folder, (bytes.get(folder) ?? 0) + bytesInOutput);
    }
  return bytes;
};

/** All packages of which something is in the bundle, by name. */
export const bundledPackages = async (reasons: Reasons): Promise<Package[]> => {
  const packages = new Map<string, Package>();
  for (const [folder, bytes] of await bytesByFolder()) {
    const read = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Record<string, unknown>;
    const [name, version, licence] = [String(read.name), String(read.version), String(read.license)];
    const known = packages.get(name) ?? { name, versions: [], licences: [], bytes: 0, reason: undefined };
    packages.set(name, {
      name,
      versions: [...new Set([...known.versions, version])].sort(),
      licences: [...new Set([...known.licences, licence])].sort(),
      bytes: known.bytes + bytes,
      reason: reasonOf(name, reasons),
    });
  }
  return [...packages.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

/** An expression such as `MIT` or `(MIT OR GPL-3.0)`, of which one alternative will do. */
const isAllowed = (licence: string): boolean =>
  licence
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((one) => allowedLicences.includes(one.trim()));

/** What is wrong with them. */
export const faultsOf = (packages: readonly Package[]): string[] =>
  packages.flatMap(({ name, licences, reason }) => [
    ...(reason === undefined ? [`${name} has no reason in docs/dependencies.json.`] : []),
    ...licences.filter((licence) => !isAllowed(licence)).map((licence) => `${name} is under ${licence}.`),
  ]);

/** Two digits are enough to see what is large; more would change with every line of ours. */
const sizeOf = (bytes: number): string => `${Number((bytes / 1000).toPrecision(2))} kB`;

/** The page, as Markdown. */
export const pageOf = (packages: readonly Package[]): string =>
  [
    '# What is deployed of other people’s',
    '',
    'Everything is in the bundle: nothing is installed where the app runs. `npm run -s dependencies` writes this page from what',
    'the bundler put in, and the reasons in [dependencies.json](dependencies.json); a test holds it up to date. Sizes are before',
    'compression, with two digits; what telemetry needs is loaded only where it is switched on.',
    '',
    '| package | version | licence | in the bundle | why |',
    '|---|---|---|---|---|',
    ...packages.map(
      ({ name, versions, licences, bytes, reason = '' }) =>
        `| ${name} | ${versions.join(', ')} | ${licences.join(', ')} | ${sizeOf(bytes)} | ${reason} |`,
    ),
    '',
  ].join('\n');

/** The page without its sizes, which change a little with every line of ours. */
export const withoutSizes = (text: string): string => text.replace(/\| [\d.e+]+ kB \|/g, '| |');

const run = async (): Promise<number> => {
  const reasons = JSON.parse(readFileSync('docs/dependencies.json', 'utf8')) as Reasons;
  const packages = await bundledPackages(reasons);
  const faults = faultsOf(packages);
  const text = pageOf(packages);
  if (!process.argv.includes('--check')) writeFileSync(page, text);
  else if (withoutSizes(readFileSync(page, 'utf8')) !== withoutSizes(text))
    faults.push(`${page} is not up to date: run npm run -s dependencies.`);
  for (const fault of faults) console.error(fault);
  return faults.length === 0 ? 0 : 1;
};

if (import.meta.main) process.exitCode = await run();
