import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deploymentOf } from './bicep/deployment.ts';
import { environments } from './bicep/environments.ts';
import { parseBicep } from './bicep/parse.ts';
import { textOf } from './bicep/values.ts';

const files = globSync('infra/**/*.bicep').sort();

describe.each(files)('%s', (path) => {
  const { declarations, text } = parseBicep(path);

  it('declares nothing that nobody uses', () => {
    const unused = declarations
      .filter(({ kind }) => kind === 'param' || kind === 'var')
      .filter(({ name }) => (text.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length < 2);
    expect(unused.map(({ name }) => name)).toEqual([]);
  });

  it('is a module that something uses, or deployed on its own', () => {
    const targets = files.flatMap((each) =>
      parseBicep(each)
        .declarations.filter(({ kind }) => kind === 'module')
        .map(({ target }) => `infra/${target}`),
    );
    expect([...targets, 'infra/main.bicep', 'infra/hub.bicep']).toContain(path);
  });
});

describe.each(Object.entries(environments))('a deployment of %s', (_, params) => {
  const { resources, problems } = deploymentOf('infra/main.bicep', params);

  it('asks for nothing that Azure does not know', () => {
    expect(problems).toEqual([]);
    expect(resources.length).toBeGreaterThan(40);
  });

  it('makes no resource twice', () => {
    const places = resources.map(({ type, name, body }) => `${type} ${name} ${textOf(body.scope ?? null)}`);
    expect(places).toHaveLength(new Set(places).size);
  });

  it('tells azd which app the code is for', () => {
    const tagged = resources.filter(({ body }) => textOf(body.tags ?? null).includes('azd-service-name'));
    expect(tagged.map(({ type }) => type)).toEqual(['Microsoft.Web/sites']);
  });
});

describe('a private network', () => {
  const params = { ...environments.azd, vnetEnabled: true, builtInAccounts: true };
  const { resources } = deploymentOf('infra/main.bicep', params);
  const bodyOf = (type: string) =>
    textOf(resources.find((each) => each.type === type)?.body.properties ?? null);

  it.each([
    'Microsoft.ServiceBus/namespaces',
    'Microsoft.Storage/storageAccounts',
    'Microsoft.KeyVault/vaults',
  ])('leaves %s no public endpoint', (type) => {
    expect(bodyOf(type)).toContain('"publicNetworkAccess":"Disabled"');
  });

  it('leaves the public endpoint of Web PubSub to clients', () => {
    expect(bodyOf('Microsoft.SignalRService/webPubSub')).toContain(
      '"deny":["ServerConnection","RESTAPI","Trace"]',
    );
  });

  it('has a private endpoint for each service that the app calls', () => {
    const endpoints = resources.filter(({ type }) => type === 'Microsoft.Network/privateEndpoints');
    expect(endpoints).toHaveLength(5);
  });

  it('takes Service Bus Premium, which has them', () => {
    const namespace = resources.find(({ type }) => type === 'Microsoft.ServiceBus/namespaces');
    expect(namespace?.body.sku).toEqual({ name: 'Premium', tier: 'Premium', capacity: 1 });
  });
});

describe('the hub', () => {
  const params = { webPubSubName: 'wps', appUrl: 'https://chat.example.com', eventsAudience: 'api://events' };
  const { resources, problems } = deploymentOf('infra/hub.bicep', params);

  it('asks for nothing that Azure does not know', () => {
    expect(problems).toEqual([]);
  });

  it('tells the app of events with a token, and lets nobody in whom it does not know', () => {
    expect(resources.map(({ body }) => body.properties)).toMatchObject([
      {
        anonymousConnectPolicy: 'deny',
        eventHandlers: [
          {
            urlTemplate: 'https://chat.example.com/api/webpubsub/events',
            auth: { type: 'ManagedIdentity', managedIdentity: { resource: 'api://events' } },
          },
        ],
      },
    ]);
  });
});
