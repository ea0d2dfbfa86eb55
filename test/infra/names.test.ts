import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hubName } from '../../functions/clients.ts';
import { attachmentContainer } from '../../shared/adapters/blobs/blob-attachments.ts';
import { exportContainer } from '../../shared/adapters/blobs/blob-export-files.ts';
import { tableNames } from '../../shared/adapters/tables/tables.ts';
import { loadConfig, settingNames } from '../../shared/config.ts';
import { deploymentOf } from './bicep/deployment.ts';
import { environments } from './bicep/environments.ts';
import { isFields, textOf, type Fields, type Value } from './bicep/values.ts';

/** Names that the app uses, held against those that a deployment makes. */

const { resources } = deploymentOf('infra/main.bicep', environments.azd ?? {});
const hub = deploymentOf('infra/hub.bicep', {
  webPubSubName: 'w',
  appUrl: 'https://a.b',
  eventsAudience: 'e',
});
const lastNames = (type: string, parts = 1): string[] =>
  resources
    .filter((each) => each.type === type)
    .map(({ name }) => name.replace(/>$/, '').split('/').slice(-parts).join('/'))
    .sort();

const sources = (pattern: string): string =>
  globSync(pattern)
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
const triggers = sources('functions/**/*.ts');
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, ...groups]) => groups.join('/'));
const unique = (names: string[]): string[] => [...new Set(names)].sort();

const json = (path: string): Value => JSON.parse(readFileSync(path, 'utf8')) as Value;

/** What a path of names leads to. */
const at = (value: Value, ...path: string[]): Value =>
  path.reduce<Value>((each, name) => (isFields(each) ? (each[name] ?? null) : null), value);

describe('Service Bus', () => {
  const queues = lastNames('Microsoft.ServiceBus/namespaces/queues');
  const topics = lastNames('Microsoft.ServiceBus/namespaces/topics');
  const namespaces = 'Microsoft.ServiceBus/namespaces';

  const subscriptions = lastNames(`${namespaces}/topics/subscriptions`, 2);

  it('has the queues and topics that are sent to, and no other', () => {
    const named = all(sources('shared/adapters/service-bus/*.ts'), /'(chat-[a-z]+)'/g);
    const received = all(subscriptions.join(' '), /\/(\S+)/g);
    expect([...queues, ...topics].sort()).toEqual(unique(named).filter((name) => !received.includes(name)));
  });

  it('has the subscriptions whose dead letters are looked at, and no other', () => {
    const looked = all(sources('shared/adapters/service-bus/entities.ts'), /'(chat-[a-z]+)': '([^']+)'/g);
    expect(looked.sort()).toEqual(subscriptions);
  });

  it('has the queues that triggers wait at', () => {
    const triggered = all(triggers, /queueName: '([^']+)'/g);
    expect(triggered).not.toEqual([]);
    expect(queues).toEqual(expect.arrayContaining(triggered));
  });

  it('has the subscriptions that triggers wait at', () => {
    const triggered = all(triggers, /topicName: '([^']+)',\s+subscriptionName: '([^']+)'/g);
    expect(triggered.sort()).toEqual(subscriptions);
  });

  it('requires sessions where triggers expect them', () => {
    const expecting = all(triggers, /(?:queueName|subscriptionName): '([^']+)',\s+isSessionsEnabled: true/g);
    const requiring = resources
      .filter(({ type }) => type === `${namespaces}/queues` || type === `${namespaces}/topics/subscriptions`)
      .filter(({ body }) => at(body, 'properties', 'requiresSession') === true)
      .map(({ name }) => name.replace(/>$/, '').split('/').at(-1) ?? '');
    expect(requiring.sort()).toEqual(expecting.sort());
  });

  it('lets only those filters pass that the local broker has', () => {
    const rules = resources.filter(({ type }) => type === `${namespaces}/topics/subscriptions/rules`);
    const file = readFileSync('infra/service-bus.json', 'utf8');
    expect(rules.map(({ body }) => at(body, 'properties', 'sqlFilter', 'sqlExpression'))).toEqual(
      all(file, /"SqlExpression": "([^"]+)"/g),
    );
    // Ours stands in the place of the one that lets everything pass, and there is only one such place.
    const places = rules.map(({ name }) => name);
    expect(places.every((name) => name.includes('/$Default'))).toBe(true);
    expect(unique(places)).toHaveLength(places.length);
  });
});

describe('Storage', () => {
  const storage = 'Microsoft.Storage/storageAccounts';

  it('has the tables of the app', () => {
    expect(lastNames(`${storage}/tableServices/tables`)).toEqual(Object.values(tableNames).sort());
  });

  it('has the containers of the app, and those of the host', () => {
    const host = ['azure-webjobs-hosts', 'azure-webjobs-secrets', 'deployments'];
    expect(lastNames(`${storage}/blobServices/containers`)).toEqual(
      [attachmentContainer, exportContainer, ...host].sort(),
    );
  });

  it('moves and deletes only what the app keeps in containers of these names', () => {
    const policy = resources.find(({ type }) => type === `${storage}/managementPolicies`);
    const prefixes = all(textOf(policy?.body.properties ?? null), /"prefixMatch":\["([^"]+)\/"\]/g);
    expect(prefixes.sort()).toEqual([attachmentContainer, exportContainer]);
  });
});

describe('Web PubSub', () => {
  it('has the hub of the app, in Azure and here', () => {
    expect(hub.resources.map(({ name }) => name.split('/').at(-1))).toEqual([hubName]);
    expect(Object.keys(at(json('infra/web-pubsub.json'), 'hubs') as Fields)).toEqual([hubName]);
  });

  it('tells the app in Azure of the same events, at the same path, as here', () => {
    const [there] = at(hub.resources[0]?.body ?? {}, 'properties', 'eventHandlers') as Fields[];
    const [here] = at(json('infra/web-pubsub.json'), 'hubs', hubName, 'eventHandlers') as Fields[];
    const path = (handler?: Fields): string => new URL(textOf(handler?.urlTemplate ?? '')).pathname;
    expect(path(there)).toBe(path(here));
    expect(triggers).toContain(`path: '${path(there).slice('/api/'.length)}'`);
    expect(there?.systemEvents).toEqual(here?.systemEvents);
    expect(there?.userEventPattern).toBe(here?.userEventPattern);
  });
});

describe('the app', () => {
  const prod = deploymentOf('infra/main.bicep', environments.prod ?? {}).resources;
  const site = prod.find(({ type }) => type === 'Microsoft.Web/sites');

  it('is kept warm by the names of functions that there are', () => {
    const scale = at(
      site?.body ?? {},
      'properties',
      'functionAppConfig',
      'scaleAndConcurrency',
      'alwaysReady',
    );
    const names = (scale as Fields[]).map(({ name }) => textOf(name ?? ''));
    const functions = all(triggers, /app\.serviceBus\w+\('(\w+)'/g).map((name) => `function:${name}`);
    expect(names).toHaveLength(3);
    expect(['http', ...functions]).toEqual(expect.arrayContaining(names));
  });

  it('runs on the Node that it is developed on', () => {
    const version = at(site?.body ?? {}, 'properties', 'functionAppConfig', 'runtime', 'version');
    expect(version).toBe(readFileSync('.nvmrc', 'utf8').trim());
  });

  it('answers at the paths that Web PubSub and clients are told', () => {
    expect(at(json('host.json'), 'extensions', 'http', 'routePrefix')).toBe('api');
  });

  it('has triggers of Service Bus, which only an extension bundle brings', () => {
    expect(at(json('host.json'), 'extensionBundle')).toEqual({
      id: 'Microsoft.Azure.Functions.ExtensionBundle',
      version: '[4.*, 5.0.0)',
    });
  });

  it('keeps hold of a message for as long as a function may take', () => {
    const lock = at(json('host.json'), 'extensions', 'serviceBus', 'maxAutoLockRenewalDuration');
    expect(lock).toBe(at(json('host.json'), 'functionTimeout'));
  });

  // Read by the host, not by the app.
  const platform =
    /^(AzureWebJobsStorage__(accountName|credential|clientId)|ServiceBusConnection__(credential|clientId)|APPLICATIONINSIGHTS_AUTHENTICATION_STRING)$/;

  it.each(Object.entries(environments))('is given settings that it knows, in %s', (_, params) => {
    const made = deploymentOf('infra/main.bicep', params).resources;
    const settings = made.find(({ name }) => name.endsWith('/appsettings'))?.body.properties;
    const names = Object.keys(settings as Fields).filter((name) => !platform.test(name));
    expect(names.filter((name) => !(settingNames as string[]).includes(name))).toEqual([]);
  });

  it('has its connections under the names that triggers look them up by', () => {
    const made = site && prod.find(({ name }) => name.endsWith('/appsettings'));
    const names = Object.keys((made?.body.properties ?? {}) as Fields);
    for (const connection of unique(all(triggers, /connection: '([^']+)'/g)))
      expect(names).toEqual(
        expect.arrayContaining(
          ['fullyQualifiedNamespace', 'credential', 'clientId'].map((part) => `${connection}__${part}`),
        ),
      );
  });

  it('may be given every setting of its own in Azure, and is given those samples that are for it', () => {
    const sample = Object.keys(at(json('local.settings.sample.json'), 'Values') as Fields);
    const ofTheHost = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];
    expect(sample.filter((name) => !(settingNames as string[]).includes(name)).sort()).toEqual(
      ofTheHost.sort(),
    );
    // Whatever has no parameter comes through chatSettings as it is: moderation, limits, telemetry and all others.
    const chatSettings = Object.fromEntries(settingNames.map((name) => [name, `given-${name}`]));
    const made = deploymentOf('infra/main.bicep', { ...environments.prod, chatSettings }).resources;
    const settings = made.find(({ name }) => name.endsWith('/appsettings'))?.body.properties as Fields;
    expect(settingNames.filter((name) => !(name in settings))).toEqual([]);
    // Where the services are is not for parameters to say.
    for (const name of [
      'APPLICATIONINSIGHTS_CONNECTION_STRING',
      'AZURE_CLIENT_ID',
      'StorageConnection__accountName',
    ])
      expect(textOf(settings[name] ?? '')).not.toContain('given-');
  });

  it.each(Object.entries(environments))('starts with the settings it is given, in %s', (_, params) => {
    const made = deploymentOf('infra/main.bicep', params).resources;
    const settings = made.find(({ name }) => name.endsWith('/appsettings'))?.body.properties as Fields;
    // What only Azure knows, as it would be.
    const filledIn = (name: string, value: string): string => {
      if (value.includes('@Microsoft.KeyVault')) return randomBytes(48).toString('base64url');
      if (name === 'APPLICATIONINSIGHTS_CONNECTION_STRING')
        return 'InstrumentationKey=0;IngestionEndpoint=https://a.b/';
      return value.replaceAll(
        /<.*>/g,
        /^<+https:/.test(value) ? 'https://known-by-azure.example' : 'known-by-azure',
      );
    };
    const env = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, filledIn(name, textOf(value))]),
    );
    const config = loadConfig(env);
    expect(config.auth.kind).toBe(params.builtInAccounts === true ? 'accounts' : 'oidc');
    expect([config.serviceBus, config.storage]).toEqual([
      { address: expect.any(String) as string },
      { address: expect.any(String) as string },
    ]);
  });
});
