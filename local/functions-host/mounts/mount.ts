import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { HostStartError } from '../errors.ts';

interface MountPlace {
  /** A path and what is below it: `/`, `/dev`. */
  prefix: string;
  /** Headers of its answers, by name. */
  headers: Record<string, string>;
}

/** What answers the paths that no function takes: the files of a folder, or another server. */
export type Mount = MountPlace & ({ folder: string } | { upstream: URL });

/**
 * Reads `PREFIX=FOLDER or URL` and `PREFIX=Name: value`, as the command line has them.
 *
 * @throws HostStartError for what is not of that form, for a folder that is not there and for headers of no mount
 */
export function readMounts(mounts: readonly string[], headers: readonly string[] = []): Mount[] {
  const found = mounts.map(readMount);
  for (const text of headers) addHeader(found, text);
  return found.toSorted((a, b) => b.prefix.length - a.prefix.length); // the longest prefix is asked first
}

function readMount(text: string): Mount {
  const [, path = '', target = ''] = /^(\/[^=?#]*)=(.+)$/.exec(text) ?? [];
  if (path === '')
    throw new HostStartError(`--mount is "${text}", but must be like /=FOLDER or /path=http://….`);
  const place = { prefix: path.replace(/\/+$/, '') || '/', headers: {} };
  if (/^https?:\/\//i.test(target)) return { ...place, upstream: readUrl(text, target) };
  const folder = resolve(target);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new HostStartError(`--mount ${text}: there is no folder ${folder}.`);
  }
  return { ...place, folder };
}

function readUrl(text: string, target: string): URL {
  const url = URL.parse(target);
  if (url?.protocol !== 'http:')
    throw new HostStartError(`--mount ${text}: only http:// URLs can be mounted.`);
  return url;
}

function addHeader(mounts: Mount[], text: string): void {
  const [, path = '', name = '', value = ''] =
    /^(\/[^=?#]*)=([!#$%&'*+.^_`|~\w-]+):[ \t]*([\x20-\x7e]*)$/.exec(text) ?? [];
  const mount = mounts.find(({ prefix }) => prefix === (path.replace(/\/+$/, '') || '/'));
  if (name === '' || mount === undefined) {
    throw new HostStartError(`--mount-header is "${text}", but must be like "/=Name: value", for a --mount.`);
  }
  mount.headers[name.toLowerCase()] = value;
}

/** The mount that a path (without its query) belongs to. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts.find(({ prefix }) => prefix === '/' || path === prefix || path.startsWith(`${prefix}/`));
}
