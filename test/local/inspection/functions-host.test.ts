import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, it, onTestFinished } from 'vitest';
import { startServiceBus } from '../../../local/service-bus/index.ts';
import { startHost, withApp } from '../functions-host/host-process.ts';
import { inspect, inspectionKey, until } from './support.ts';

interface Summary {
  id: string;
  functionName: string;
  outcome: string;
  httpStatus?: number;
  traceId: string;
  request?: string;
  message?: { entity: string; messageId: string; sessionId: string; deliveryCount: number };
}
interface Functions {
  items: {
    name: string;
    type: string;
    source: string;
    isPaused: boolean;
    canPause: boolean;
    succeeded: number;
  }[];
}
interface Invocations {
  items: Summary[];
}
interface Details extends Summary {
  error?: string;
  lines: { level: string; message: string }[];
  calls: { method: string; target: string; status: number }[];
}

const traceId = '0af7651916cd43dd8448eb211c80319c';

const app = `
import { app } from '@azure/functions';
app.http('call', { handler: async (request, context) => {
  context.log('key is AccountKey=abc;');
  const answer = await fetch(process.env.Other + '/x?sig=secret');
  return { status: answer.status };
} });
app.http('fail', { handler: () => { throw new Error('broken'); } });
app.http('keyIsHidden', { handler: () => ({ body: String(process.env.INSPECTION_KEY) }) });
app.serviceBusQueue('take', {
  connection: 'Bus', queueName: 'jobs', isSessionsEnabled: true,
  handler: (body, context) => { context.warn('took ' + body); },
});
`;

const config = {
  UserConfig: {
    Namespaces: [
      { Name: 'test', Queues: [{ Name: 'jobs', Properties: { RequiresSession: true } }], Topics: [] },
    ],
  },
};

async function withHost(
  use: (host: {
    url: string;
    inspection: string[];
    bus: ServiceBusClient;
    asked: IncomingHttpHeaders[];
  }) => Promise<void>,
  workers = 1,
) {
  const broker = await startServiceBus({ port: 0, config });
  onTestFinished(() => broker.stop());
  const asked: IncomingHttpHeaders[] = [];
  const other = createServer((request, response) => {
    asked.push(request.headers);
    response.writeHead(203).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  await withApp({ 'index.mjs': app }, async (appDir) => {
    const host = await startHost(appDir, {
      args: ['--inspection-port', '0', '--workers', `${workers}`],
      env: {
        INSPECTION_KEY: inspectionKey,
        Bus: broker.connectionString,
        Other: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
      },
    });
    const bus = new ServiceBusClient(broker.connectionString);
    try {
      await use({ url: host.url, inspection: host.inspection, bus, asked });
    } finally {
      await bus.close();
      expect(await host.stop()).toBe(0);
    }
  });
}

it('a host shows its invocations with their trace, log lines and the calls that they made', async () => {
  await withHost(async ({ url, inspection: [place = ''], asked }) => {
    await fetch(`${url}/api/call?sig=secret`, {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    await fetch(`${url}/api/fail`);
    const { items } = await inspect<Invocations>(place, 'invocations');
    expect(items).toMatchObject([
      { functionName: 'fail', outcome: 'failed' },
      { functionName: 'call', outcome: 'succeeded', httpStatus: 203, traceId, request: 'GET /api/call' },
    ]);
    const details = async (n: number) => inspect<Details>(place, `invocations/one?id=${items[n]?.id ?? ''}`);
    expect((await details(0)).error).toMatch(/^Error: broken/);
    const call = await details(1);
    expect(call.lines).toMatchObject([{ level: 'information', message: 'key is AccountKey=•••;' }]);
    expect(call.calls).toMatchObject([{ method: 'GET', status: 203 }]);
    expect(call.calls[0]?.target).toMatch(/\/x$/);
    expect(asked[0]?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect((await inspect<Invocations>(place, 'invocations?outcome=failed')).items).toHaveLength(1);
    expect((await inspect<Invocations>(place, `invocations?traceId=${traceId}`)).items).toHaveLength(1);
    expect(await (await fetch(`${url}/api/keyIsHidden`)).text()).toBe('undefined');
  });
}, 60_000);

it('a trigger that is paused leaves its messages in the queue until it is resumed', async () => {
  await withHost(async ({ inspection: [place = ''], bus }) => {
    await inspect(place, 'functions/pause', { name: 'take' });
    const paused = (await inspect<Functions>(place, 'functions')).items;
    expect(paused.find(({ name }) => name === 'take')).toMatchObject({
      isPaused: true,
      source: 'jobs',
      succeeded: 0,
    });
    expect(paused.find(({ name }) => name === 'call')).toMatchObject({ canPause: false });
    await bus
      .createSender('jobs')
      .sendMessages({ body: 'one', messageId: 'm1', sessionId: 's', correlationId: traceId });
    const receiver = await bus.acceptSession('jobs', 's'); // nobody else holds it
    expect(await receiver.peekMessages(1)).toHaveLength(1);
    await receiver.close();
    await inspect(place, 'functions/resume', { name: 'take' });
    const { items } = await until(
      () => inspect<Invocations>(place, `invocations?function=take&outcome=succeeded`),
      (answer) => answer.items.length === 1,
    );
    expect(items[0]).toMatchObject({
      traceId,
      message: { entity: 'jobs', messageId: 'm1', sessionId: 's', deliveryCount: 1 },
    });
    const refused = await fetch(`${place}/functions/pause`, {
      method: 'POST',
      body: '{"name":"call"}',
      headers: { authorization: `Bearer ${inspectionKey}` },
    });
    expect(refused.status).toBe(404);
  });
}, 60_000);

it('each worker of a host can be inspected', async () => {
  await withHost(async ({ url, inspection }) => {
    expect(new Set(inspection).size).toBe(2);
    await fetch(`${url}/api/fail`);
    const all = await Promise.all(inspection.map((place) => inspect<Invocations>(place, 'invocations')));
    expect(all.flatMap(({ items }) => items)).toMatchObject([{ functionName: 'fail' }]);
  }, 2);
}, 60_000);
