import { HostStartError } from '../../errors.ts';

/** Which blobs a trigger's `path` means. */
export interface BlobPath {
  container: string;
  /** What all matching names begin with. */
  prefix: string;
  /** The parameters of a matching name, `{}` if the path has none; undefined when it doesn't match. */
  match(name: string): Record<string, string> | undefined;
}

/**
 * Reads `container/pattern`, in which `{name}` stands for any text (`BlobPathSource.cs`). A container alone means all of
 * its blobs.
 *
 * @throws HostStartError when there is no container, or a parameter comes twice
 */
export function parseBlobPath(path: string): BlobPath {
  const [container = '', ...rest] = path.split('/');
  if (!/^[a-z0-9$](?:[a-z0-9-]*[a-z0-9])?$/.test(container)) {
    throw new HostStartError(`the path "${path}" does not begin with the name of a container.`);
  }
  const pattern = rest.join('/') === '' ? '{name}' : rest.join('/');
  const parts = pattern.split(/(\{[^{}]*\})/);
  const names = parts.filter((part) => part.startsWith('{')).map((part) => part.slice(1, -1));
  if (new Set(names).size !== names.length || names.some((name) => !/^\w+$/.test(name))) {
    throw new HostStartError(`the path "${path}" has a parameter twice, or one without a proper name.`);
  }
  const source = parts
    .map((part) => (part.startsWith('{') ? '(.+)' : part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')))
    .join('');
  const matcher = new RegExp(`^${source}$`, 's');
  return {
    container,
    prefix: parts[0] ?? '',
    match: (name) => {
      const values = matcher.exec(name);
      if (values === null) return undefined;
      return Object.fromEntries(names.map((parameter, i) => [parameter, values[i + 1] ?? '']));
    },
  };
}
