import { z } from 'zod';
import { isHubName } from './codec/names.ts';
import { defaultLimits } from './engine/limits.ts';

const isHttpUrl = (text: string): boolean => {
  try {
    return /^https?:$/.test(new URL(text.replaceAll(/\{(hub|event)\}/gi, 'x')).protocol);
  } catch {
    return false;
  }
};

const eventHandler = z.strictObject({
  urlTemplate: z
    .string()
    .refine(isHttpUrl, 'must be an absolute http or https URL; {hub} and {event} stand for their names'),
  userEventPattern: z.string().default(''),
  systemEvents: z.array(z.enum(['connect', 'connected', 'disconnected'])).default([]),
  auth: z
    .strictObject({
      type: z.literal('None', 'only None is supported: events carry ce-signature, no Entra token').optional(),
    })
    .optional(),
});

const hub = z.strictObject({
  anonymousConnectPolicy: z.enum(['allow', 'deny']).default('deny'),
  eventHandlers: z.array(eventHandler).default([]),
  eventListeners: z.array(z.never('event listeners (Event Hubs) are not supported')).optional(),
  webSocketKeepAliveIntervalInSeconds: z.number().int().min(1).max(120).default(20),
});

const positive = z.number().int().positive();

const limits = z
  .strictObject({
    replayMessages: positive.default(defaultLimits.replayMessages),
    replayBytes: positive.default(defaultLimits.replayBytes),
    recoverySeconds: positive.max(3600).default(defaultLimits.recoverySeconds),
    sendBufferBytes: positive.default(defaultLimits.sendBufferBytes),
  })
  .prefault({});

/** A client's pings wait behind its events; it gives up after 120 s without an answer. */
const mostSecondsPerEvent = 110;

const upstream = z
  .strictObject({
    timeoutSeconds: z.number().positive().default(25),
    retryDelaysMs: z.array(z.number().int().nonnegative()).max(10).default([1000, 3000, 5000]),
  })
  .refine(
    ({ timeoutSeconds, retryDelaysMs }) => {
      const waitedMs = retryDelaysMs.reduce((sum, ms) => sum + ms, 0);
      return timeoutSeconds * (retryDelaysMs.length + 1) + waitedMs / 1000 <= mostSecondsPerEvent;
    },
    {
      path: ['timeoutSeconds'],
      message: `must stay within ${mostSecondsPerEvent} s in all tries and the waits between: clients give up after 120 s`,
    },
  )
  .prefault({});

const config = z.strictObject({
  $schema: z.string().optional(),
  hubs: z
    .record(
      z
        .string()
        .refine((name) => name === '_default' || isHubName(name), 'is not a hub name')
        .transform((name) => name.toLowerCase()),
      hub,
    )
    .default({}),
  limits,
  upstream,
});

/** The hubs file as it is written: the hub settings of Azure, and what only a local service lets one choose. */
export type WebPubSubConfig = z.input<typeof config>;
/** The hubs file with everything filled in. */
export type Settings = z.output<typeof config>;
export type HubSettings = z.output<typeof hub>;
export type EventHandlerSettings = z.output<typeof eventHandler>;

const place = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '') || 'the file';

/**
 * Checks a hubs file and fills in what it leaves out.
 * @throws Error with one line per mistake: where it is, and what is allowed
 */
export const readConfig = (value: unknown): Settings => {
  const result = config.safeParse(value);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map((issue) => `  ${place(issue.path)}: ${issue.message}`);
  throw new Error(`The Web PubSub hubs file is not valid.\n${mistakes.join('\n')}`);
};

const unknownHub: HubSettings = hub.parse({});

/** Settings of a hub; a hub the file does not name has those of `_default`, and without these no event handlers. */
export const settingsOfHub = (settings: Settings, name: string): HubSettings => {
  const key = [name, '_default'].find((candidate) => Object.hasOwn(settings.hubs, candidate));
  return (key === undefined ? undefined : settings.hubs[key]) ?? unknownHub;
};
