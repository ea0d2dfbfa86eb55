import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, settingNames } from '../../shared/config.ts';

const complete = {
  ServiceBusConnection: 'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=n;SharedAccessKey=k;',
  StorageConnection: 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=aw==;',
  WebPubSubConnection: 'Endpoint=http://127.0.0.1:8080;AccessKey=abc;Version=1.0;',
  AUTH_SIGNING_KEY: randomBytes(32).toString('base64url'),
};

const problemsOf = (env: Record<string, string | undefined>): string => {
  try {
    loadConfig(env);
    return '';
  } catch (error) {
    return String(error);
  }
};

describe('the settings', () => {
  it('have defaults for all but connections and keys', () => {
    expect(loadConfig(complete)).toMatchObject({
      auth: { kind: 'accounts' },
      message: { maxLength: 10_000 },
      http: { maxBodyBytes: 262_144 },
      rates: { sendPerSecond: 10, sendBurst: 20 },
      deliveryCheckSeconds: 30,
      tellsEvents: true,
    });
  });

  it('may name Azure services by address, to be reached with the app’s identity', () => {
    const config = loadConfig({
      ...complete,
      ServiceBusConnection: undefined,
      ServiceBusConnection__fullyQualifiedNamespace: 'x.servicebus.windows.net',
      StorageConnection: '',
      StorageConnection__accountName: 'x',
    });
    expect(config.serviceBus).toEqual({ address: 'x.servicebus.windows.net' });
    expect(config.storage).toEqual({ address: 'x' });
  });

  it('may leave accounts to an OpenID Connect provider', () => {
    const config = loadConfig({
      ...complete,
      AUTH_SIGNING_KEY: undefined,
      AUTH_ISSUER: 'https://login.example.com',
      AUTH_AUDIENCE: 'parley',
    });
    expect(config.auth).toMatchObject({
      kind: 'oidc',
      issuers: [{ issuer: 'https://login.example.com', audience: 'parley' }],
    });
  });

  describe('of several identity providers', () => {
    const withIssuers = (issuers: unknown, more: Record<string, string> = {}) => ({
      ...complete,
      AUTH_SIGNING_KEY: undefined,
      AUTH_ISSUERS: typeof issuers === 'string' ? issuers : JSON.stringify(issuers),
      ...more,
    });
    const one = { issuer: 'https://login.example.com', audience: 'parley' };
    const two = { issuer: 'https://partner.example.com', audience: ['a', 'b'], userIdPrefix: 'partner' };

    it('are all taken', () => {
      expect(loadConfig(withIssuers([one, two])).auth).toEqual({ kind: 'oidc', issuers: [one, two] });
    });

    it.each<[string, unknown]>([
      ['no JSON', 'nonsense'],
      ['none', []],
      ['two without a prefix', [one, { ...two, userIdPrefix: undefined }]],
      ['two with the same prefix', [two, { ...two, issuer: 'https://third.example.com' }]],
      ['one twice', [one, { ...one, userIdPrefix: 'again' }]],
      ['a prefix that could end elsewhere', [one, { ...two, userIdPrefix: 'a:b' }]],
      ['one that is not https', [{ ...one, issuer: 'http://login.example.com' }]],
      ['keys that are not https', [{ ...one, jwksUri: 'http://login.example.com/keys' }]],
      ['a key that is misspelt', [{ ...one, jwksURI: 'https://login.example.com/keys' }]],
    ])('are refused with %s', (_, issuers) => {
      expect(problemsOf(withIssuers(issuers))).toContain('AUTH_ISSUERS');
    });

    it('are in one setting', () => {
      expect(problemsOf(withIssuers([one], { AUTH_ISSUER: one.issuer }))).toContain('AUTH_ISSUERS');
      const { AUTH_SIGNING_KEY } = complete;
      expect(problemsOf(withIssuers([one], { AUTH_SIGNING_KEY }))).toContain('AUTH_ISSUERS');
    });
  });

  it.each([
    ['http://login.example.com', 'https://login.example.com/keys', 'AUTH_ISSUER'],
    ['https://login.example.com', 'http://login.example.com/keys', 'AUTH_JWKS_URI'],
    ['https://login.example.com', 'http://127.0.0.1.example.com/keys', 'AUTH_JWKS_URI'],
    ['login.example.com', 'https://login.example.com/keys', 'AUTH_ISSUER'],
  ])(
    'refuse an identity provider that anybody on the way could answer for: %s, %s',
    (issuer, jwksUri, name) => {
      const oidc = { ...complete, AUTH_SIGNING_KEY: undefined, AUTH_AUDIENCE: 'parley' };
      expect(problemsOf({ ...oidc, AUTH_ISSUER: issuer, AUTH_JWKS_URI: jwksUri })).toContain(name);
      const local = { AUTH_ISSUER: 'http://127.0.0.1:8090', AUTH_JWKS_URI: 'http://localhost:8090/keys' };
      expect(problemsOf({ ...oidc, ...local })).toBe('');
    },
  );

  describe('of a Web PubSub that is reached with the app’s identity', () => {
    const byIdentity = {
      ...complete,
      WebPubSubConnection: undefined,
      WebPubSubConnection__serviceUri: 'https://x.webpubsub.azure.com',
      WEBPUBSUB_EVENT_TENANT: '11111111-2222-3333-4444-555555555555',
      WEBPUBSUB_EVENT_AUDIENCE: 'api://parley-events',
      WEBPUBSUB_EVENT_CALLER: '99999999-2222-3333-4444-555555555555',
      CONNECTION_SIGNING_KEY: randomBytes(32).toString('base64url'),
    };

    it('say whose tokens prove that events are its own', () => {
      const { reach, endpoint, events } = loadConfig(byIdentity).webPubSub;
      expect(reach).toEqual({ address: 'https://x.webpubsub.azure.com' });
      expect(endpoint).toBe('https://x.webpubsub.azure.com');
      expect(events).toMatchObject({ kind: 'token', caller: byIdentity.WEBPUBSUB_EVENT_CALLER });
      expect(events.kind === 'token' && events.issuers.map(({ issuer }) => issuer)).toEqual([
        'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
        'https://sts.windows.net/11111111-2222-3333-4444-555555555555/',
      ]);
    });

    it.each([
      ['WEBPUBSUB_EVENT_TENANT', ''],
      ['WEBPUBSUB_EVENT_AUDIENCE', ''],
      ['WEBPUBSUB_EVENT_CALLER', ''],
      ['WEBPUBSUB_EVENT_TENANT', '../evil'],
      ['WEBPUBSUB_EVENT_AUTHORITY', 'http://login.microsoftonline.com'],
      ['CONNECTION_SIGNING_KEY', ''],
      ['CONNECTION_SIGNING_KEY', 'short'],
      ['WebPubSubConnection__serviceUri', ''],
      ['WebPubSubConnection__serviceUri', 'http://x.webpubsub.azure.com'],
    ])('are not complete with %s as %j', (name, value) => {
      expect(problemsOf({ ...byIdentity, [name]: value })).toContain(name);
    });

    it('trust nobody’s events without a token and without a key', () => {
      const nobody = { WEBPUBSUB_EVENT_TENANT: '', WEBPUBSUB_EVENT_AUDIENCE: '', WEBPUBSUB_EVENT_CALLER: '' };
      expect(problemsOf({ ...byIdentity, ...nobody })).toContain('by which events are trusted');
    });
  });

  it('are all named that are missing or wrong, without their values', () => {
    const problems = problemsOf({
      MAX_MESSAGE_LENGTH: 'many',
      SEND_RATE: '0',
      AUTH_SIGNING_KEY: 'hunter2-value',
    });
    for (const name of ['MAX_MESSAGE_LENGTH', 'SEND_RATE']) expect(problems).toContain(name);
    expect(problemsOf({ AUTH_SIGNING_KEY: 'hunter2-value' })).toMatch(
      /ServiceBusConnection[^]*StorageConnection|WebPubSubConnection[^]*AUTH_SIGNING_KEY/,
    );
    expect(problemsOf({ AUTH_SIGNING_KEY: 'hunter2-value' })).not.toContain('hunter2');
  });

  it.each(['', '   ', 'short', '<random>', 'changeme-changeme-changeme-changeme', 'x'.repeat(64)])(
    'refuse the signing key %j',
    (AUTH_SIGNING_KEY) => {
      expect(problemsOf({ ...complete, AUTH_SIGNING_KEY })).toContain('AUTH_SIGNING_KEY');
    },
  );

  it('refuse a Web PubSub without a key, by which its events would be trusted', () => {
    expect(
      problemsOf({ ...complete, WebPubSubConnection: 'Endpoint=https://x.webpubsub.azure.com;' }),
    ).toContain('AccessKey');
  });

  it('know UseDevelopmentStorage=true as the account that every Azurite has', () => {
    for (const StorageConnection of ['UseDevelopmentStorage=true', 'UseDevelopmentStorage=true;'])
      expect(loadConfig({ ...complete, StorageConnection }).storage).toEqual({
        connectionString: expect.stringMatching(
          /AccountName=devstoreaccount1;AccountKey=[^;]+;BlobEndpoint=[^;]+;TableEndpoint=/,
        ) as string,
      });
  });

  it.each([
    'BlobEndpoint=https://x.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=abc',
    'DefaultEndpointsProtocol=https;AccountName=x',
    'AccountKey=aw==',
  ])('refuse storage without the key that signs the URLs of attachments: %s', (StorageConnection) => {
    expect(problemsOf({ ...complete, StorageConnection })).toMatch(/StorageConnection: .*AccountKey/);
  });

  it.each([
    '*',
    'null',
    'app.example.com',
    'http://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://user@app.example.com',
    'https://*.example.com',
    'https://APP.example.com',
    'https://app.example.com:443',
    'file:///page.html',
    'javascript:alert(1)',
    'http://localhost.example.com',
    'https://good.example.com,*',
  ])('refuse the origin %s, which browsers do not send or anybody may be', (ALLOWED_ORIGINS) => {
    expect(problemsOf({ ...complete, ALLOWED_ORIGINS })).toContain('ALLOWED_ORIGINS');
  });

  it('take origins as browsers write them, and none when none is given', () => {
    const origins = ['https://app.example.com', 'https://app.example.com:8443', 'http://localhost:5173'];
    const given = loadConfig({ ...complete, ALLOWED_ORIGINS: ` ${origins.join(' , ')}, ` });
    expect(given.http.allowedOrigins).toEqual(origins);
    expect(loadConfig(complete).http.allowedOrigins).toEqual([]);
  });

  it('say which texts are refused', () => {
    const { moderation } = loadConfig({
      ...complete,
      MODERATION_LANGUAGES: 'en, de',
      CONTENT_SAFETY_ENDPOINT: 'https://x.cognitiveservices.azure.com',
      CONTENT_SAFETY_HATE: '2',
      CONTENT_SAFETY_SEXUAL: 'off',
    });
    expect(moderation).toMatchObject({
      languages: ['en', 'de'],
      onFailure: 'allow',
      contentSafety: { key: undefined, timeoutMs: 1000, thresholds: { Hate: 2, SelfHarm: 4, Violence: 4 } },
    });
    expect(loadConfig(complete).moderation).toMatchObject({ languages: ['en'], contentSafety: undefined });
  });

  it.each([
    { MODERATION_LANGUAGES: 'en,xx' },
    { CONTENT_SAFETY_ENDPOINT: 'http://x.cognitiveservices.azure.com' },
    { CONTENT_SAFETY_ENDPOINT: 'nowhere' },
    { CONTENT_SAFETY_HATE: '3' },
    { MODERATION_ON_FAILURE: 'maybe' },
    { RATE_LIMITS: 'none' },
  ])('refuse %j', (setting) => {
    expect(problemsOf({ ...complete, ...setting })).toContain(Object.keys(setting)[0]);
  });

  it('stand in the sample as the app knows them', () => {
    const sample = JSON.parse(readFileSync('local.settings.sample.json', 'utf8')) as {
      Values: Record<string, string>;
    };
    const host = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];
    for (const name of Object.keys(sample.Values).filter((name) => !host.includes(name)))
      expect(settingNames).toContain(name);
    expect(problemsOf({ ...sample.Values, AUTH_SIGNING_KEY: complete.AUTH_SIGNING_KEY })).toBe('');
  });
});
