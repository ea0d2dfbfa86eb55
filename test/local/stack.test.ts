import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect, it, onTestFinished } from 'vitest';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';
import { claimPorts, isFree } from '../../local/stack/ports.ts';
import { aProject, sampleValues } from './stack-support.ts';

const anyPorts = { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 };

function optionsFor(project: string, changes: Partial<StackOptions> = {}): StackOptions {
  return {
    appDir: project,
    serviceBusConfig: join(project, 'infra/service-bus.json'),
    webPubSubConfig: join(project, 'infra/web-pubsub.json'),
    dataDir: join(project, 'data'),
    ports: anyPorts,
    settings: sampleValues,
    env: process.env,
    ...changes,
  };
}

async function aStack(changes: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack(optionsFor(aProject(), changes));
  onTestFinished(() => stack.stop(), 30_000);
  return stack;
}

/** Ports that are free now, none of them twice. */
async function freePorts(): Promise<StackOptions['ports']> {
  const used = ['functions', 'serviceBus', 'webPubSub', 'blob', 'table'] as const;
  return claimPorts(anyPorts, used, 0);
}

const getJson = async (url: string): Promise<unknown> => (await fetch(url)).json();

async function send(stack: Stack, body: string): Promise<void> {
  const client = new ServiceBusClient(stack.settings.Bus ?? '');
  await client.createSender('jobs').sendMessages({ sessionId: 's', body });
  await client.close();
}

async function untilSeen(stack: Stack, expected: string[]): Promise<void> {
  for (;;) {
    const seen = (await getJson(`${stack.urls.functions}/api/seen`)) as string[];
    if (seen.length >= expected.length) {
      expect(seen).toEqual(expected);
      return;
    }
  }
}

it(
  'a stack on free ports gives the app settings and hubs that lead to them',
  { timeout: 60_000 },
  async () => {
    const project = aProject();
    const stack = await startStack(optionsFor(project));
    onTestFinished(() => stack.stop(), 30_000);
    const { ports } = stack;
    expect(new Set(Object.values(ports)).size).toBe(5);
    expect(await getJson(`${stack.urls.functions}/api/settings`)).toEqual({
      secret: '<random>', // secrets are the command line's business
      bus: expect.stringContaining(`sb://127.0.0.1:${ports.serviceBus};`) as string,
      storage: expect.stringContaining(`BlobEndpoint=http://127.0.0.1:${ports.blob}/`) as string,
      own: `http://127.0.0.1:${ports.functions}/api/seen`,
    });
    expect(readFileSync(join(project, 'data/web-pubsub.json'), 'utf8')).toContain(
      `http://127.0.0.1:${ports.functions}/api/events`,
    );
    await send(stack, 'hello');
    await untilSeen(stack, ['hello']);
  },
);

it('a service that is killed and started again has its data and its port', { timeout: 90_000 }, async () => {
  const stack = await aStack();
  const blobs = BlobServiceClient.fromConnectionString(stack.settings.AzureWebJobsStorage ?? '');
  await blobs.getContainerClient('kept').create();

  await stack.kill('functions', 'SIGKILL');
  await send(stack, 'while the app was gone');
  await stack.kill('service-bus', 'SIGKILL');
  expect(stack.pid('service-bus')).toBeUndefined();
  expect(stack.memoryMb()['service-bus']).toBeUndefined();
  await stack.restart('service-bus');
  expect(stack.pid('service-bus')).toBeGreaterThan(0);
  await stack.restart('functions');
  await untilSeen(stack, ['while the app was gone']);

  await stack.kill('azurite', 'SIGTERM');
  await stack.restart('azurite');
  expect(await blobs.getContainerClient('kept').exists()).toBe(true);
});

it('a service that ends by itself is reported, with its log', { timeout: 60_000 }, async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stack = await aStack({
    services: ['web-pubsub'],
    onReady: () => undefined,
    onUnexpectedExit: (service, message) => resolve(`${service}: ${message}`),
  });
  const pid = stack.pid('web-pubsub');
  process.kill(pid ?? 0, 'SIGKILL');
  expect(await promise).toMatch(
    /^web-pubsub: The Web PubSub service was ended by SIGKILL\. Its log: .*web-pubsub\.log$/,
  );
});

it(
  'a busy port is named with who needs it and the setting that moves it, and nothing stays',
  { timeout: 60_000 },
  async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const { port } = holder.address() as AddressInfo;
    const options = optionsFor(aProject(), { ports: { ...anyPorts, webPubSub: port } });
    await expect(startStack(options)).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is already in use, and the Web PubSub service needs it. Stop what holds it, or choose another port with WEB_PUBSUB_PORT=….`,
    );
    const again = await startStack({ ...options, ports: anyPorts, services: ['web-pubsub'] });
    await again.stop();
  },
);

it(
  'an app that cannot start is told with its last words, and nothing stays',
  { timeout: 60_000 },
  async () => {
    const ports = await freePorts();
    const options = optionsFor(aProject(), { ports, env: { ...process.env, Bus: '' } });
    await expect(startStack(options)).rejects.toThrow(
      /The Functions host did not start; it ended with exit code 1\.\n[^]*"take": the setting "Bus"/,
    );
    expect(await Promise.all(Object.values(ports).map(isFree))).toEqual([true, true, true, true, true]);
  },
);

it('two stacks cannot have one data folder', { timeout: 60_000 }, async () => {
  const options = optionsFor(aProject(), { services: ['web-pubsub'] });
  const stack = await startStack(options);
  await expect(startStack(options)).rejects.toThrow(
    /The stack is running already \(process \d+, data in .*\)/,
  );
  await stack.stop();
  expect(await isFree(stack.ports.webPubSub)).toBe(true);
});
