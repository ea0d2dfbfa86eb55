import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { HostStartError, messageOf } from '../errors.ts';
import { type LogLevel, parseLogLevel } from '../log.ts';
import { parseTimeSpan } from './time-span.ts';
import type { Settings } from './settings.ts';

/** How Service Bus triggers run (`ServiceBusOptions.cs`). Times in milliseconds. */
export interface ServiceBusOptions {
  autoCompleteMessages: boolean;
  maxConcurrentCalls: number;
  maxConcurrentSessions: number;
  /** Undefined: as long as the service keeps a receive open (a minute). */
  sessionIdleTimeoutMs: number | undefined;
  maxAutoLockRenewalMs: number;
}

/** What this host reads of `host.json`. */
export interface HostConfig {
  routePrefix: string;
  customHeaders: Record<string, string>;
  /** Requests that are held at a time; those beyond it are answered 429. Undefined: no limit, as on a dedicated plan. */
  maxOutstandingRequests: number | undefined;
  /** Undefined: no limit. */
  functionTimeoutMs: number | undefined;
  logLevels: Map<string, LogLevel>;
  serviceBus: ServiceBusOptions;
  /** Times a blob is tried before it counts as poison. */
  blobMaxDequeueCount: number;
  /** Blobs of one trigger in work at once. */
  maxBlobsAtOnce: number;
  /** What the file holds that has no effect here. */
  warnings: string[];
}

type Json = Record<string, unknown>;

/** Some 25 days; `setTimeout` takes more for no time at all. */
const longestTimerMs = 2 ** 31 - 1;

/** Known to the real host, meaningless or not implemented here: accepted with a warning where it would change behaviour. */
const silentlyIgnored = new Set(['version', 'logging', 'extensions', 'functionTimeout', 'extensionBundle']);

/** Reads values of one JSON object, noting which keys were asked for, so that the rest can be reported. */
class Section {
  readonly #path: string;
  readonly #values: Json;
  readonly #read = new Set<string>();

  constructor(path: string, values: unknown) {
    if (values !== undefined && (typeof values !== 'object' || values === null || Array.isArray(values))) {
      throw new HostStartError(`host.json: "${path}" must be an object.`);
    }
    this.#path = path;
    this.#values = (values ?? {}) as Json;
  }

  #value(key: string): unknown {
    this.#read.add(key.toLowerCase());
    // .NET binds options without regard to case.
    const name = Object.keys(this.#values).find((each) => each.toLowerCase() === key.toLowerCase());
    return name === undefined ? undefined : this.#values[name];
  }

  section(key: string): Section {
    return new Section(this.#path === '' ? key : `${this.#path}.${key}`, this.#value(key));
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.#value(key);
    if (value === undefined) return otherwise;
    const text = JSON.stringify(value).replaceAll('"', '').toLowerCase();
    if (text !== 'true' && text !== 'false') this.#refuse(key, value, 'true or false');
    return text === 'true';
  }

  integer(key: string, otherwise: number, least: number): number {
    const value = this.#value(key);
    if (value === undefined) return otherwise;
    const number = typeof value === 'boolean' || value === '' ? NaN : Number(value);
    if (!Number.isInteger(number) || number < least) {
      this.#refuse(key, value, `a whole number of at least ${least}`);
    }
    return number;
  }

  timeSpanMs(key: string): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const ms = typeof value === 'string' ? parseTimeSpan(value) : undefined;
    if (ms === undefined || ms < 0) this.#refuse(key, value, 'a time span like "00:05:00"');
    return Math.min(ms, longestTimerMs);
  }

  string(key: string): string | undefined {
    const value = this.#value(key);
    if (value !== undefined && typeof value !== 'string') this.#refuse(key, value, 'a string');
    return value;
  }

  entries(key: string): [string, unknown][] {
    this.section(key);
    return Object.entries((this.#value(key) ?? {}) as Json);
  }

  /** The keys nobody asked for, with their paths. */
  unread(): string[] {
    return Object.keys(this.#values)
      .filter((key) => !this.#read.has(key.toLowerCase()))
      .map((key) => (this.#path === '' ? key : `${this.#path}.${key}`));
  }

  #refuse(key: string, value: unknown, allowed: string): never {
    throw new HostStartError(
      `host.json: "${this.#path}${this.#path === '' ? '' : '.'}${key}" is ${JSON.stringify(value)}, but must be ${allowed}.`,
    );
  }
}

/** Settings named `AzureFunctionsJobHost__a__b` override `host.json` at `a.b`, as in the real host. */
function withOverrides(json: Json, settings: Settings): Json {
  const prefix = 'AzureFunctionsJobHost__';
  const merged = structuredClone(json);
  for (const [name, value] of Object.entries(settings)) {
    if (!name.toLowerCase().startsWith(prefix.toLowerCase()) || value === undefined) continue;
    const path = name.slice(prefix.length).split('__');
    const last = path.pop();
    if (last === undefined) continue;
    let target = merged;
    for (const part of path) {
      const key = Object.keys(target).find((each) => each.toLowerCase() === part.toLowerCase()) ?? part;
      const next = target[key];
      target = (
        typeof next === 'object' && next !== null && !Array.isArray(next) ? next : (target[key] = {})
      ) as Json;
    }
    const key = Object.keys(target).find((each) => each.toLowerCase() === last.toLowerCase()) ?? last;
    target[key] = value;
  }
  return merged;
}

function readServiceBus(section: Section): ServiceBusOptions {
  return {
    autoCompleteMessages: section.boolean('autoCompleteMessages', true),
    // ServiceBusOptions.cs: 16 per processor, 8 sessions.
    maxConcurrentCalls: section.integer('maxConcurrentCalls', 16 * availableParallelism(), 1),
    maxConcurrentSessions: section.integer('maxConcurrentSessions', 8, 1),
    sessionIdleTimeoutMs: section.timeSpanMs('sessionIdleTimeout'),
    maxAutoLockRenewalMs: section.timeSpanMs('maxAutoLockRenewalDuration') ?? 5 * 60_000,
  };
}

function readLogLevels(logging: Section): Map<string, LogLevel> {
  return new Map(
    logging.entries('logLevel').map(([category, text]) => {
      const level = parseLogLevel(text);
      if (level === undefined) {
        throw new HostStartError(
          `host.json: "logging.logLevel.${category}" is ${JSON.stringify(text)}, but must be Trace, Debug, Information, Warning, Error, Critical or None.`,
        );
      }
      return [category === 'Default' ? 'default' : category, level];
    }),
  );
}

function readFunctionTimeout(root: Section): number | undefined {
  const text = root.string('functionTimeout');
  if (text === '-1') return undefined;
  const ms = text === undefined ? 30 * 60_000 : parseTimeSpan(text);
  if (ms === undefined || ms < 1000) {
    throw new HostStartError(
      `host.json: "functionTimeout" is ${JSON.stringify(text)}, but must be a time span of at least "00:00:01", or "-1" for none.`,
    );
  }
  return ms > longestTimerMs ? undefined : ms;
}

/** HttpOptions.cs: -1 is no limit. */
const limitOf = (count: number): number | undefined => (count === -1 ? undefined : count);

/** Interprets the content of a `host.json`. See {@link loadHostConfig}. */
export function parseHostConfig(content: unknown, settings: Settings = {}): HostConfig {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new HostStartError('host.json must be a JSON object.');
  }
  const root = new Section('', withOverrides(content as Json, settings));
  if (root.string('version') !== '2.0') {
    throw new HostStartError('host.json: "version" must be "2.0".');
  }
  const extensions = root.section('extensions');
  const http = extensions.section('http');
  const serviceBus = extensions.section('serviceBus');
  const blobs = extensions.section('blobs');
  const customHeaders = http.entries('customHeaders').map(([name, value]) => [name, String(value)] as const);
  const config: HostConfig = {
    routePrefix: (http.string('routePrefix') ?? 'api').replace(/^\/+|\/+$/g, ''),
    customHeaders: Object.fromEntries(customHeaders),
    maxOutstandingRequests: limitOf(http.integer('maxOutstandingRequests', -1, -1)),
    functionTimeoutMs: readFunctionTimeout(root),
    logLevels: readLogLevels(root.section('logging')),
    serviceBus: readServiceBus(serviceBus),
    // BlobsOptions.cs: MaxDequeueCount of the blob trigger's inner queue.
    blobMaxDequeueCount: blobs.integer('maxDequeueCount', 5, 1),
    maxBlobsAtOnce: blobs.integer('maxDegreeOfParallelism', 8 * availableParallelism(), 1),
    warnings: [],
  };
  const unread = [root, extensions, http, serviceBus, blobs].flatMap((section) => section.unread());
  config.warnings.push(
    ...unread
      .filter((path) => !silentlyIgnored.has(path))
      .map((path) => `host.json: "${path}" has no effect in this host.`),
  );
  return config;
}

/**
 * Reads the app's `host.json`; `AzureFunctionsJobHost__…` settings override it.
 *
 * @throws HostStartError when it is missing or not valid
 */
export function loadHostConfig(appDir: string, settings: Settings): HostConfig {
  const file = resolve(appDir, 'host.json');
  if (!existsSync(file)) throw new HostStartError(`There is no host.json in ${appDir}.`);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new HostStartError(`${file} is not valid JSON: ${messageOf(error)}`);
  }
  return parseHostConfig(content, settings);
}
