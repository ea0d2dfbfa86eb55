import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');

const serviceBus = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'test',
        Queues: [{ Name: 'jobs', Properties: { RequiresSession: true, LockDuration: 'PT30S' } }],
        Topics: [],
      },
    ],
  },
};

const webPubSub = {
  hubs: {
    live: {
      anonymousConnectPolicy: 'deny',
      eventHandlers: [
        { urlTemplate: 'http://127.0.0.1:7071/api/events', userEventPattern: '*', systemEvents: ['connect'] },
      ],
    },
  },
};

/** An app that keeps what its queue brings and tells it. */
const app = `
import { app } from '@azure/functions';
const seen = [];
app.serviceBusQueue('take', {
  connection: 'Bus', queueName: 'jobs', isSessionsEnabled: true,
  handler: (body) => { seen.push(body); },
});
app.http('seen', { handler: () => ({ jsonBody: seen }) });
app.http('hang', { handler: () => { console.log('hangs'); return new Promise(() => undefined); } });
app.http('die', { handler: () => process.exit(7) });
app.http('settings', { handler: () => ({ jsonBody: {
  secret: process.env.Secret, bus: process.env.Bus, storage: process.env.AzureWebJobsStorage, own: process.env.Own,
} }) });
`;

const sampleSettings = {
  IsEncrypted: false,
  Values: {
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    Bus: 'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;',
    Own: 'http://127.0.0.1:7071/api/seen',
    Secret: '<random>',
  },
};

/** A folder with all that a stack needs, for an app of its own; it is gone when the test is over. */
export function aProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stack-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = {
    'package.json': '{"main":"index.mjs"}',
    'host.json': '{"version":"2.0"}',
    'index.mjs': app,
    'local.settings.sample.json': JSON.stringify(sampleSettings),
    'infra/service-bus.json': JSON.stringify(serviceBus),
    'infra/web-pubsub.json': JSON.stringify(webPubSub),
    'infra/hello.txt': 'Try: curl {{functions}}/api/seen # {{setting:Own}}',
  };
  mkdirSync(join(folder, 'infra'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

/** The `Values` of the project's sample. */
export const sampleValues: Record<string, string> = sampleSettings.Values;
