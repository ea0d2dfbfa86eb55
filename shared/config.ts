import { z } from 'zod';
import {
  authOf,
  authSettings,
  connectionKeyOf,
  eventTrustOf,
  type AuthConfig,
  type EventTrust,
} from './auth-config.ts';
import { moderationLanguages, type ModerationLanguage } from './domain/moderation.ts';
import { isSafeUrl } from './domain/safe-url.ts';

/**
 * All settings of the app, in one place: `loadConfig` is the only reader of the environment. A service is reached by its
 * connection string, or in Azure by its address (`…__fullyQualifiedNamespace` and the like) and the app's identity.
 */

const text = z.string().trim().min(1);

const number = (standard: number, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z
    .string()
    .trim()
    .regex(/^\d+$/, { error: 'must be a whole number' })
    .transform(Number)
    .pipe(
      z
        .number()
        .min(min, { error: `must be at least ${min}` })
        .max(max, { error: `must be at most ${max}` }),
    )
    .default(standard);

/** From which severity on a text is refused. */
const severity = z
  .enum(['2', '4', '6', 'off'], { error: 'must be 2, 4, 6 or off' })
  .default('4')
  .transform((value) => (value === 'off' ? undefined : Number(value)));

/** A Service Bus or Storage connection string, or that of Web PubSub: `Name=value;…`. */
const connectionString = text.refine((value) => /^(?:[A-Za-z]+=[^;]*;?)+$/.test(value), {
  error: 'must be a connection string (Name=value;…)',
});

/** One setting within a connection string. */
export const settingOf = (connectionString: string, name: string): string | undefined =>
  new RegExp(`(?:^|;)${name}=([^;]*)`, 'i').exec(connectionString)?.[1];

/** Azurite on this machine: the well-known account that every Azurite has, at its default ports. */
const developmentStorage = [
  'DefaultEndpointsProtocol=http',
  'AccountName=devstoreaccount1',
  'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  'BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1',
  'TableEndpoint=http://127.0.0.1:10002/devstoreaccount1',
  '',
].join(';');

/** Whether a text is an origin as browsers write it, which nobody on the way can pretend to be. */
const isOrigin = (text: string): boolean =>
  URL.parse(text)?.origin === text && !text.includes('*') && isSafeUrl(text);

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** The account's key signs the URLs of attachments, so a connection string without one (SAS) will not do. */
const storageConnectionString = connectionString
  .transform((value) => (/^UseDevelopmentStorage=true;?$/i.test(value) ? developmentStorage : value))
  .refine((value) => settingOf(value, 'AccountName') && settingOf(value, 'AccountKey'), {
    error:
      "must have an AccountName and an AccountKey, which sign the URLs of attachments (or be UseDevelopmentStorage=true); without a key, set StorageConnection__accountName to use the app's identity",
  });

const settings = z.object({
  ServiceBusConnection: connectionString.optional(),
  ServiceBusConnection__fullyQualifiedNamespace: text.optional(),
  StorageConnection: storageConnectionString.optional(),
  StorageConnection__accountName: text.optional(),
  WebPubSubConnection: connectionString.optional(),
  WebPubSubConnection__serviceUri: text
    .refine(isSafeUrl, { error: 'must be the https URL of the service' })
    .optional(),
  AZURE_CLIENT_ID: text.optional(),

  ...authSettings,
  AUTH_TOKEN_MINUTES: number(12 * 60, { max: 60 * 24 * 30 }),

  MAX_MESSAGE_LENGTH: number(10_000, { max: 10_000 }),
  MAX_BODY_BYTES: number(256 * 1024),
  MAX_ATTACHMENT_BYTES: number(100 * 1024 * 1024, { max: 5_000 * 1024 * 1024 }),
  ATTACHMENT_SCAN: z.enum(['off', 'defender'], { error: 'must be off or defender' }).default('off'),
  UPLOAD_URL_MINUTES: number(10, { max: 60 }),
  DOWNLOAD_URL_MINUTES: number(10, { max: 60 }),
  CLIENT_URL_MINUTES: number(5, { max: 60 }),
  DELIVERY_CHECK_SECONDS: number(30, { min: 2, max: 600 }),
  CHAT_EVENTS: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  WEBHOOKS_ALLOW_PRIVATE: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
  WEBHOOK_GIVE_UP_HOURS: number(72, { max: 240 }),
  RECEIVERS: z.enum(['registered', 'any'], { error: 'must be registered or any' }).default('registered'),
  RESTORE_DAYS: number(30, { min: 0, max: 3650 }),
  AUDIT_DAYS: number(0, { min: 0, max: 36_500 }),
  TYPING_SECONDS: number(5, { max: 60 }),
  INBOX_GROUP_SIZE: number(100, { max: 1000 }),
  MAX_GROUP_SIZE: number(1000, { min: 2, max: 1000 }),
  PRESENCE_GROUP_SIZE: number(100, { min: 0, max: 1000 }),
  MAX_CONNECTIONS_PER_USER: number(10, { max: 1000 }),
  SEND_RATE: number(10),
  SEND_BURST: number(20),
  CREATE_PER_MINUTE: number(60),
  LOGIN_PER_MINUTE: number(60),
  LOGIN_PER_MINUTE_AND_ACCOUNT: number(10),
  LOGIN_TRIES: number(5, { max: 100_000 }),
  REGISTER_PER_MINUTE: number(20),
  SEARCH_PER_MINUTE: number(60),
  RATE_LIMITS: z.enum(['shared', 'instance'], { error: 'must be shared or instance' }).default('shared'),
  TRUSTED_PROXIES: number(0, { min: 0, max: 5 }),
  MODERATION: z.enum(['built-in', 'off'], { error: 'must be built-in or off' }).default('built-in'),
  MODERATION_LANGUAGES: list
    .pipe(
      z.array(z.enum(moderationLanguages, { error: `must be some of ${moderationLanguages.join(', ')}` })),
    )
    .transform((languages): ModerationLanguage[] => (languages.length > 0 ? languages : ['en'])),
  MODERATION_SAME_TEXT_PER_MINUTE: number(20, { min: 0 }),
  MODERATION_ON_FAILURE: z.enum(['allow', 'reject'], { error: 'must be allow or reject' }).default('allow'),
  CONTENT_SAFETY_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be the URL of a Content Safety resource' })
    .optional(),
  CONTENT_SAFETY_KEY: text.optional(),
  CONTENT_SAFETY_TIMEOUT_MS: number(1000, { min: 100, max: 10_000 }),
  CONTENT_SAFETY_HATE: severity,
  CONTENT_SAFETY_SEXUAL: severity,
  CONTENT_SAFETY_SELF_HARM: severity,
  CONTENT_SAFETY_VIOLENCE: severity,
  MODERATION_WORDS: list,
  ALLOWED_ORIGINS: list.refine((origins) => origins.every(isOrigin), {
    error:
      'must be origins as browsers write them, such as https://app.example.com, separated by commas; http on this machine only, and never * or null',
  }),

  APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be the URL of a collector of OTLP over HTTP' })
    .optional(),
  TELEMETRY_SAMPLING_PERCENT: number(100, { min: 0, max: 100 }),
});

export type SettingName = keyof z.infer<typeof settings>;

/** Names of all settings, for the checks that compare them with `infra/` and the sample. */
export const settingNames = Object.keys(settings.shape) as SettingName[];

/** How a service is reached: with a key, or at an address with the app's identity. */
export type Reach = { connectionString: string } | { address: string };

export interface Config {
  serviceBus: Reach;
  storage: Reach;
  webPubSub: {
    reach: Reach;
    /** Where the service is. */
    endpoint: string;
    events: EventTrust;
    /** What our own tickets and bindings are signed with. */
    connectionKey: string;
  };
  auth: AuthConfig;
  identityClientId: string | undefined;
  message: { maxLength: number };
  http: {
    maxBodyBytes: number;
    trustedProxies: number;
    /** Of pages that may call, as browsers write them. */
    allowedOrigins: string[];
  };
  attachment: {
    maxBytes: number;
    scan: 'off' | 'defender';
    uploadUrlMinutes: number;
    downloadUrlMinutes: number;
  };
  clientUrlMinutes: number;
  deliveryCheckSeconds: number;
  /** Whether other services are told what happens. */
  tellsEvents: boolean;
  webhooks: { allowsPrivate: boolean; giveUpHours: number };
  receivers: 'registered' | 'any';
  /** For so long what was deleted can be restored. */
  restoreDays: number;
  /** For so long the audit is kept; 0: for good. */
  auditDays: number;
  typingSeconds: number;
  inboxGroupSize: number;
  /** Members that a group may have. */
  maxMembers: number;
  presenceGroupSize: number;
  maxConnectionsPerUser: number;
  rates: {
    sendPerSecond: number;
    sendBurst: number;
    createPerMinute: number;
    loginPerMinute: number;
    loginPerMinuteAndAccount: number;
    /** Wrong passwords before there is waiting. */
    loginTries: number;
    registerPerMinute: number;
    searchPerMinute: number;
    /** Whether limits hold over all instances together, or for each. */
    areShared: boolean;
  };
  moderation: {
    isOn: boolean;
    words: string[];
    languages: ModerationLanguage[];
    /** 0: any number. */
    sameTextPerMinute: number;
    onFailure: 'allow' | 'reject';
    /** Undefined: Azure AI Content Safety is not asked. */
    contentSafety:
      | {
          endpoint: string;
          /** Undefined: the app's identity. */
          key: string | undefined;
          timeoutMs: number;
          /** From which severity on a text is refused; what is left out is not asked for. */
          thresholds: { Hate?: number; Sexual?: number; SelfHarm?: number; Violence?: number };
        }
      | undefined;
  };
  telemetry: {
    /** Of Application Insights. */
    connectionString: string | undefined;
    identityClientId: string | undefined;
    /** Where OTLP over HTTP is taken. */
    otlpEndpoint: string | undefined;
    samplingPercent: number;
  };
}

/** Everything that is wrong with the settings, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: string[]) {
    super(
      `The app cannot start with these settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

type Settings = z.infer<typeof settings>;

const reach = (
  problems: string[],
  name: SettingName,
  connection: string | undefined,
  addressName: string,
  address: string | undefined,
): Reach => {
  if (connection !== undefined) return { connectionString: connection };
  if (address !== undefined) return { address };
  problems.push(
    `${name}: is missing. Set it to a connection string, or ${addressName} to use the app's identity`,
  );
  return { address: '' };
};

const contentSafetyOf = (problems: string[], set: Settings): Config['moderation']['contentSafety'] => {
  const { CONTENT_SAFETY_ENDPOINT: endpoint, CONTENT_SAFETY_KEY: key } = set;
  if (endpoint === undefined) return undefined;
  if (!isSafeUrl(endpoint)) problems.push('CONTENT_SAFETY_ENDPOINT: must be an https URL');
  const thresholds = {
    ...(set.CONTENT_SAFETY_HATE !== undefined && { Hate: set.CONTENT_SAFETY_HATE }),
    ...(set.CONTENT_SAFETY_SEXUAL !== undefined && { Sexual: set.CONTENT_SAFETY_SEXUAL }),
    ...(set.CONTENT_SAFETY_SELF_HARM !== undefined && { SelfHarm: set.CONTENT_SAFETY_SELF_HARM }),
    ...(set.CONTENT_SAFETY_VIOLENCE !== undefined && { Violence: set.CONTENT_SAFETY_VIOLENCE }),
  };
  if (Object.keys(thresholds).length === 0)
    problems.push(
      'CONTENT_SAFETY_ENDPOINT: is not asked for anything, because all of CONTENT_SAFETY_HATE, CONTENT_SAFETY_SEXUAL, CONTENT_SAFETY_SELF_HARM and CONTENT_SAFETY_VIOLENCE are off',
    );
  return { endpoint, key, timeoutMs: set.CONTENT_SAFETY_TIMEOUT_MS, thresholds };
};

const moderationOf = (problems: string[], set: Settings): Config['moderation'] => ({
  isOn: set.MODERATION === 'built-in',
  words: set.MODERATION_WORDS,
  languages: set.MODERATION_LANGUAGES,
  sameTextPerMinute: set.MODERATION_SAME_TEXT_PER_MINUTE,
  onFailure: set.MODERATION_ON_FAILURE,
  contentSafety: contentSafetyOf(problems, set),
});

const webPubSubOf = (problems: string[], set: Settings): Config['webPubSub'] => {
  const { WebPubSubConnection: connection, WebPubSubConnection__serviceUri: serviceUri } = set;
  const accessKey = connection && settingOf(connection, 'AccessKey');
  const key = accessKey === '' ? undefined : accessKey;
  if (connection !== undefined && key === undefined)
    problems.push(
      "WebPubSubConnection: must have an AccessKey; without one, set WebPubSubConnection__serviceUri to use the app's identity",
    );
  return {
    reach: reach(problems, 'WebPubSubConnection', connection, 'WebPubSubConnection__serviceUri', serviceUri),
    endpoint: (connection && settingOf(connection, 'Endpoint')) ?? serviceUri ?? '',
    events: eventTrustOf(problems, set, key),
    connectionKey: connectionKeyOf(problems, set, key),
  };
};

/**
 * Reads and checks all settings. An empty setting counts as absent.
 * @throws ConfigError naming everything that is wrong; values are never repeated in it
 */
export const loadConfig = (env: Record<string, string | undefined>): Config => {
  const given = Object.fromEntries(
    settingNames.map((name) => [name, env[name]?.trim() ? env[name] : undefined]),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  const set = parsed.data;
  const problems: string[] = [];
  const config: Config = {
    serviceBus: reach(
      problems,
      'ServiceBusConnection',
      set.ServiceBusConnection,
      'ServiceBusConnection__fullyQualifiedNamespace',
      set.ServiceBusConnection__fullyQualifiedNamespace,
    ),
    storage: reach(
      problems,
      'StorageConnection',
      set.StorageConnection,
      'StorageConnection__accountName',
      set.StorageConnection__accountName,
    ),
    webPubSub: webPubSubOf(problems, set),
    auth: authOf(problems, set),
    identityClientId: set.AZURE_CLIENT_ID,
    message: { maxLength: set.MAX_MESSAGE_LENGTH },
    http: {
      maxBodyBytes: set.MAX_BODY_BYTES,
      trustedProxies: set.TRUSTED_PROXIES,
      allowedOrigins: set.ALLOWED_ORIGINS,
    },
    attachment: {
      maxBytes: set.MAX_ATTACHMENT_BYTES,
      scan: set.ATTACHMENT_SCAN,
      uploadUrlMinutes: set.UPLOAD_URL_MINUTES,
      downloadUrlMinutes: set.DOWNLOAD_URL_MINUTES,
    },
    clientUrlMinutes: set.CLIENT_URL_MINUTES,
    deliveryCheckSeconds: set.DELIVERY_CHECK_SECONDS,
    tellsEvents: set.CHAT_EVENTS === 'on',
    webhooks: {
      allowsPrivate: set.WEBHOOKS_ALLOW_PRIVATE === 'on',
      giveUpHours: set.WEBHOOK_GIVE_UP_HOURS,
    },
    receivers: set.RECEIVERS,
    restoreDays: set.RESTORE_DAYS,
    auditDays: set.AUDIT_DAYS,
    typingSeconds: set.TYPING_SECONDS,
    inboxGroupSize: set.INBOX_GROUP_SIZE,
    maxMembers: set.MAX_GROUP_SIZE,
    presenceGroupSize: set.PRESENCE_GROUP_SIZE,
    maxConnectionsPerUser: set.MAX_CONNECTIONS_PER_USER,
    rates: {
      sendPerSecond: set.SEND_RATE,
      sendBurst: set.SEND_BURST,
      createPerMinute: set.CREATE_PER_MINUTE,
      loginPerMinute: set.LOGIN_PER_MINUTE,
      loginPerMinuteAndAccount: set.LOGIN_PER_MINUTE_AND_ACCOUNT,
      loginTries: set.LOGIN_TRIES,
      registerPerMinute: set.REGISTER_PER_MINUTE,
      searchPerMinute: set.SEARCH_PER_MINUTE,
      areShared: set.RATE_LIMITS === 'shared',
    },
    moderation: moderationOf(problems, set),
    telemetry: {
      connectionString: set.APPLICATIONINSIGHTS_CONNECTION_STRING,
      identityClientId: set.AZURE_CLIENT_ID,
      otlpEndpoint: set.OTEL_EXPORTER_OTLP_ENDPOINT,
      samplingPercent: set.TELEMETRY_SAMPLING_PERCENT,
    },
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
};
