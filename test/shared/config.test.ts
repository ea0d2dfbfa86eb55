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
      issuer: 'https://login.example.com',
      audience: 'parley',
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
