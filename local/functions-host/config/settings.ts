import { existsSync, readFileSync } from 'node:fs';
import { HostStartError, messageOf } from '../errors.ts';

/** App settings, as the app sees them in `process.env`. */
export type Settings = Readonly<Record<string, string | undefined>>;

/**
 * The `Values` of a `local.settings.json`.
 *
 * @returns an empty record when there is no such file
 * @throws HostStartError when the file is not JSON, is encrypted, or a value is not a string
 */
export function readSettingsFile(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  let content: { IsEncrypted?: unknown; Values?: unknown };
  try {
    content = JSON.parse(readFileSync(file, 'utf8')) as typeof content;
  } catch (error) {
    throw new HostStartError(`${file} is not valid JSON: ${messageOf(error)}`);
  }
  if (content.IsEncrypted === true) {
    throw new HostStartError(`${file} is encrypted. Decrypt it with "func settings decrypt".`);
  }
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(content.Values ?? {})) {
    if (typeof value !== 'string')
      throw new HostStartError(`${file}: the value of "${name}" must be a string.`);
    values[name] = value;
  }
  return values;
}

/**
 * Replaces each `%NAME%` of a binding's property by that setting.
 *
 * @throws HostStartError naming the settings that don't exist
 */
export function resolveSettings(text: string, settings: Settings): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new HostStartError(`"%${name}%" does not resolve to a setting.`);
    return value;
  });
}

/**
 * The connection string a binding's `connection` names: the setting itself or, as in the real host, the setting with
 * the prefix `AzureWebJobs`.
 *
 * @throws HostStartError when there is none, or when the connection is to use an identity: there is nobody to sign in to
 */
export function connectionString(
  connection: string | undefined,
  fallback: string,
  settings: Settings,
): string {
  const name = connection === undefined || connection === '' ? fallback : connection;
  const value = settings[name] ?? settings[`AzureWebJobs${name}`];
  if (value !== undefined && value !== '') return value;
  const identity = Object.keys(settings).find((key) =>
    key.toLowerCase().startsWith(`${name.toLowerCase()}__`),
  );
  if (identity !== undefined) {
    throw new HostStartError(
      `the setting "${identity}" asks for a connection with an identity. Locally set "${name}" to a connection string.`,
    );
  }
  throw new HostStartError(`the setting "${name}" (a connection string) is missing.`);
}
