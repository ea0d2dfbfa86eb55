import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { defaultPorts, loopback, portNames, type Ports } from './ports.ts';

/** In a sample, stands for a secret that each machine makes for itself. */
const randomMarker = '<random>';

/** The account that every Azurite has. Its key is public: https://github.com/Azure/Azurite#default-storage-account */
export const account = 'devstoreaccount1';
export const accountKey =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Reads the `Values` of a settings file.
 *
 * @throws Error when the file is not what `func` would read
 */
export function readSettings(file: string): Record<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const values = (content as { Values?: Record<string, unknown> } | null)?.Values ?? {};
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value !== 'string') throw new Error(`${file}: the value of "${name}" must be a string.`);
      return [name, value];
    }),
  );
}

/** Replaces every `<random>` in a sample's text by a secret of its own: 32 random bytes in base64url. */
export function fillSecrets(sample: string): string {
  return sample.replaceAll(randomMarker, () => randomBytes(32).toString('base64url'));
}

/**
 * Makes the settings file from the sample unless it is there. Only the owner can read it, for it holds secrets.
 *
 * @returns whether it was made
 */
export function ensureSettings(file: string, sample: string): boolean {
  if (existsSync(file)) return false;
  if (!existsSync(sample)) {
    throw new Error(`There is neither ${basename(file)} nor ${basename(sample)} to make it from.`);
  }
  writeFileSync(file, fillSecrets(readFileSync(sample, 'utf8')), { mode: 0o600, flag: 'wx' });
  return true;
}

/** Text written for the default ports, rewritten for those in use: `http://127.0.0.1:7071/…` and its like. */
export function followPorts(text: string, ports: Readonly<Ports>): string {
  const moved = new Map(portNames.map((name) => [String(defaultPorts[name]), ports[name]]));
  const pattern = new RegExp(`\\b(?:127\\.0\\.0\\.1|localhost):(${[...moved.keys()].join('|')})\\b`, 'g');
  return text.replace(pattern, (whole, port: string) =>
    moved.get(port) === Number(port) ? whole : `${loopback}:${moved.get(port) ?? port}`,
  );
}

/** The local broker's connection string; that of the default port follows the stack's, as settings do. */
export function serviceBusConnectionString(port: number = defaultPorts.serviceBus): string {
  return `Endpoint=sb://${loopback}:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
}

/** Azurite's connection string for these ports. */
export function storageConnectionString({ blob, table }: Readonly<Ports>): string {
  const isDefault = blob === defaultPorts.blob && table === defaultPorts.table;
  if (isDefault) return 'UseDevelopmentStorage=true';
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=http://${loopback}:${blob}/${account}`,
    `TableEndpoint=http://${loopback}:${table}/${account}`,
    '',
  ].join(';');
}

/** Settings written for the default ports, as they are for those in use. */
export function followSettings(
  values: Record<string, string>,
  ports: Readonly<Ports>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      /^UseDevelopmentStorage=true;?$/i.test(value)
        ? storageConnectionString(ports)
        : followPorts(value, ports),
    ]),
  );
}
