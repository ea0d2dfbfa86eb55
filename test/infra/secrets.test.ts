import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deploymentOf, type Resource } from './bicep/deployment.ts';
import { environments } from './bicep/environments.ts';
import { isFields, textOf, type Fields, type Value } from './bicep/values.ts';

/** Everything in a value that is text, with the path to it. */
const texts = (value: Value, path = ''): [string, string][] => {
  if (Array.isArray(value)) return value.flatMap((each, index) => texts(each, `${path}[${index}]`));
  if (isFields(value)) return Object.entries(value).flatMap(([name, each]) => texts(each, `${path}.${name}`));
  return [[path, textOf(value)]];
};

/** Texts that are a secret, or would come to hold one. */
const secret =
  /AccountKey|SharedAccess|AccessKey=|\bsig=|list\w*\(|password=|-----BEGIN|[A-Za-z0-9+/]{43}=|primaryKey|secondaryKey|connectionString/i;

/** Application Insights is named by a string of this form; with local authentication off its key opens nothing. */
const isAddressOnly = (path: string): boolean => path === '.APPLICATIONINSIGHTS_CONNECTION_STRING';

const secretsIn = (settings: Value): string[] =>
  texts(settings)
    .filter(([path, text]) => secret.test(text) && !isAddressOnly(path))
    .map(([path]) => path);

const settingsOf = (resources: Resource[]): Fields =>
  resources.find(({ name }) => name.endsWith('/appsettings'))?.body.properties as Fields;

describe.each(Object.entries(environments))('a deployment of %s', (_, params) => {
  const { resources, outputs } = deploymentOf('infra/main.bicep', params);
  const property = (type: string, name: string): unknown[] =>
    resources
      .filter((each) => each.type === type)
      .map(({ body }) => (isFields(body.properties) ? body.properties[name] : undefined));

  it('has no secret in the settings of the app', () => {
    expect(Object.keys(settingsOf(resources)).length).toBeGreaterThan(10);
    expect(secretsIn(settingsOf(resources))).toEqual([]);
  });

  it('has no secret in any resource or output', () => {
    const rest = resources.filter(({ name }) => !name.endsWith('/appsettings')).map(({ body }) => body);
    expect(secretsIn([...rest, outputs])).toEqual([]);
  });

  it('takes the secrets of the app from Key Vault', () => {
    const settings = settingsOf(resources);
    const secrets = Object.entries(settings).filter(([name]) => name.endsWith('_SIGNING_KEY'));
    const expected = [
      'CONNECTION_SIGNING_KEY',
      ...(params.builtInAccounts === true ? ['AUTH_SIGNING_KEY'] : []),
    ];
    expect(secrets.map(([name]) => name).sort()).toEqual(expected.sort());
    const made = textOf(outputs.SIGNING_KEYS ?? '').split(' ');
    for (const [name, reference] of secrets) {
      const secret = name.toLowerCase().replaceAll('_', '-');
      expect(textOf(reference)).toMatch(
        new RegExp(`^<@Microsoft.KeyVault\\(SecretUri=.*/?secrets/${secret}\\)>$`),
      );
      expect(made).toContain(secret);
    }
    expect(made).toHaveLength(secrets.length);
  });

  it('has every service refuse keys', () => {
    expect(property('Microsoft.ServiceBus/namespaces', 'disableLocalAuth')).toEqual([true]);
    expect(property('Microsoft.SignalRService/webPubSub', 'disableLocalAuth')).toEqual([true]);
    expect(property('Microsoft.Storage/storageAccounts', 'allowSharedKeyAccess')).toEqual([false]);
    expect(property('Microsoft.Insights/components', 'DisableLocalAuth')).toEqual([true]);
    expect(property('Microsoft.Web/sites/basicPublishingCredentialsPolicies', 'allow')).toEqual([
      false,
      false,
    ]);
  });

  it('shows no container to the public', () => {
    expect(property('Microsoft.Storage/storageAccounts', 'allowBlobPublicAccess')).toEqual([false]);
    const access = property('Microsoft.Storage/storageAccounts/blobServices/containers', 'publicAccess');
    expect(new Set(access)).toEqual(new Set(['None']));
  });

  it('gives the app no role that owns or manages a service, but where the host needs its own container', () => {
    const roles = JSON.parse(readFileSync('infra/roles.json', 'utf8')) as Record<string, string>;
    const assigned = resources.filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments');
    expect(assigned.length).toBeGreaterThan(9);
    const owning = assigned.filter(({ body }) => textOf(body).includes(roles.storageBlobDataOwner ?? '?'));
    expect(owning.map(({ body }) => textOf((body.scope as Fields)['#name'] ?? ''))).toEqual([
      expect.stringMatching(/azure-webjobs-hosts$/),
      expect.stringMatching(/azure-webjobs-secrets$/),
    ]);
    for (const { body } of assigned)
      expect(Object.values(roles).some((id) => textOf(body.properties ?? null).includes(id))).toBe(true);
  });
});

it('the app may read the verdicts of Defender on attachments where it waits for them, and owns no other container', () => {
  const chatSettings = { ATTACHMENT_SCAN: 'defender' };
  const { resources, problems } = deploymentOf('infra/main.bicep', { ...environments.prod, chatSettings });
  expect(problems).toEqual([]);
  expect(settingsOf(resources).ATTACHMENT_SCAN).toBe('defender');
  const { storageBlobDataOwner = '?' } = JSON.parse(readFileSync('infra/roles.json', 'utf8')) as Record<
    string,
    string
  >;
  const owned = resources
    .filter(({ body }) => textOf(body.properties ?? null).includes(storageBlobDataOwner))
    .map(({ body }) =>
      textOf((body.scope as Fields)['#name'] ?? '')
        .split('/')
        .at(-1),
    );
  expect(owned.sort()).toEqual(['attachments', 'azure-webjobs-hosts', 'azure-webjobs-secrets']);
});

it.each([
  ['an account key', 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=x'],
  ['a connection string of Service Bus', 'Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=k'],
  ['an access key', 'Endpoint=https://x;AccessKey=k;'],
  ['a call that lists keys', "<listKeys('x', '2024-01-01').primaryKey>"],
  ['a SAS', 'https://x.blob.core.windows.net/a?sv=1&sig=abc'],
  ['32 bytes in base64', 'c29tZXRoaW5nIHRoYXQgaXMgMzIgYnl0ZXMgbG9uZyE='],
])('%s would be found', (_, text) => {
  expect(secretsIn({ SOME_SETTING: text })).toEqual(['.SOME_SETTING']);
});

it('no file of the deployment asks Azure for keys', () => {
  const files = [...globSync('infra/**/*.{bicep,json}'), ...globSync('azure.yaml')];
  const asking = files.filter((path) =>
    /\blist(Keys|Secrets|AccountSas|ServiceSas)?\(/.test(readFileSync(path, 'utf8')),
  );
  expect(asking).toEqual([]);
});
