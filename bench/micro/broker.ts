import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  type ServiceBusClient,
  ServiceBusClient as Client,
  type ServiceBusMessage,
} from '@azure/service-bus';
import { startStack } from '../../local/stack.ts';
import { serviceBusConnectionString } from '../../local/stack/settings.ts';
import { addFaults, type Faults, Ledger, noFaults } from '../ledger.ts';
import { cpuBetween, type CpuUse, ProcessMeter } from '../process-meter.ts';
import { inParallel } from '../scenarios/lanes.ts';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import { type Summary, summarize } from '../statistics.ts';
import type { MicroOptions } from './micro-options.ts';

const arraySize = 100;
const arrays = { count: 300, atOnce: 4 };
const singles = { count: 10_000, atOnce: 16 };
const oneByOne = { warmUp: 200, count: 2000 };
const latencyRate = 45;
const timeoutMs = 60_000;

const properties = { RequiresSession: false, LockDuration: 'PT1M', MaxDeliveryCount: 10 };
const queueNames = ['arrays', 'singles', 'one-by-one', 'latency'] as const;
type QueueName = (typeof queueNames)[number];

const config = {
  UserConfig: {
    Namespaces: [
      { Name: 'bench', Queues: queueNames.map((Name) => ({ Name, Properties: properties })), Topics: [] },
    ],
  },
};

/** A queue under load, with its consumer. */
interface Flow {
  readonly ledger: Ledger;
  /** Sends messages; they arrive in the ledger. */
  send(count: number, since?: number): Promise<void>;
  /** Resolves when all that was sent has been completed. */
  completed(): Promise<void>;
  /** Ends the consumer. @returns what went wrong */
  close(): Promise<Faults>;
}

const open = (client: ServiceBusClient, queue: QueueName): Flow => {
  const ledger = new Ledger(`${queue}-`);
  const sender = client.createSender(queue);
  const receiver = client.createReceiver(queue);
  let sent = 0;
  let done = 0;
  let onDone = (): void => undefined;
  const errors: Error[] = [];
  receiver.subscribe(
    {
      processMessage: async (message) => {
        ledger.arrive(queue, message.body as string, performance.now());
        await receiver.completeMessage(message);
        if (++done >= sent) onDone();
      },
      processError: ({ error }) => {
        errors.push(error);
        return Promise.resolve();
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: 500 },
  );
  return {
    ledger,
    send: async (count, since) => {
      const messages: ServiceBusMessage[] = Array.from({ length: count }, () => ({
        body: ledger.expect(0, queue, since),
      }));
      sent += count;
      const [first] = messages;
      await sender.sendMessages(count === 1 && first !== undefined ? first : messages);
    },
    completed: async () => {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => {
        const reasons = errors.map(({ message }) => message).join('; ');
        reject(new Error(`Only ${done} of ${sent} messages were completed in time. ${reasons}`));
      }, timeoutMs);
      onDone = () => resolve(undefined);
      if (done >= sent) onDone();
      await promise;
      clearTimeout(timer);
    },
    close: async () => {
      await receiver.close();
      await sender.close();
      return { ...ledger.settle(), reordered: 0 }; // without sessions, consumers at work in parallel promise no order
    },
  };
};

interface Rush {
  readonly perSecond: number;
  readonly cpu: CpuUse;
  readonly faults: Faults;
}

/** Sends, receives and completes as fast as it goes. */
const rush = async (
  client: ServiceBusClient,
  meter: ProcessMeter,
  queue: QueueName,
  { count, atOnce, size }: { count: number; atOnce: number; size: number },
): Promise<Rush> => {
  const flow = open(client, queue);
  await flow.send(size);
  await flow.completed();
  const before = meter.cpu();
  await inParallel(count, atOnce, () => flow.send(size));
  await flow.completed();
  const cpu = cpuBetween(before, meter.cpu());
  return { perSecond: (count * size) / (cpu.elapsedMs / 1000), cpu, faults: await flow.close() };
};

/** Sends one message after the other, each when the one before has been taken. */
const sendOneByOne = async (client: ServiceBusClient): Promise<{ perSecond: number; faults: Faults }> => {
  const flow = open(client, 'one-by-one');
  for (let count = 0; count < oneByOne.warmUp; count++) await flow.send(1);
  const began = performance.now();
  for (let count = 0; count < oneByOne.count; count++) await flow.send(1);
  const perSecond = oneByOne.count / ((performance.now() - began) / 1000);
  await flow.completed();
  return { perSecond, faults: await flow.close() };
};

/** From the call of `sendMessages` to the consumer's handler, at a low rate. */
const measureLatency = async (
  client: ServiceBusClient,
  seconds: number,
): Promise<{ latency: Summary; faults: Faults }> => {
  const flow = open(client, 'latency');
  const warmUp = latencyRate;
  const total = warmUp + latencyRate * seconds;
  const began = performance.now();
  for (let number = 0; number < total; number++) {
    const wait = began + (number * 1000) / latencyRate - performance.now();
    if (wait > 0) await new Promise((later) => setTimeout(later, wait));
    await flow.send(1, number < warmUp ? undefined : performance.now());
  }
  await flow.completed();
  return { latency: summarize(flow.ledger.latencies), faults: await flow.close() };
};

/** The Service Bus broker by itself, its journal on disk, through Microsoft's client in the generator's process. */
export const benchBroker = async ({ dataDir, seconds }: MicroOptions): Promise<ScenarioResult> => {
  mkdirSync(dataDir, { recursive: true });
  const configFile = join(dataDir, 'entities.json');
  writeFileSync(configFile, JSON.stringify(config));
  const stack = await startStack({
    services: ['service-bus'],
    appDir: dataDir,
    serviceBusConfig: configFile,
    webPubSubConfig: '',
    dataDir,
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 },
    settings: { connection: serviceBusConnectionString() },
    env: process.env,
  });
  const client = new Client(stack.settings.connection ?? '');
  const meter = new ProcessMeter({ 'service-bus': stack.pid('service-bus') ?? 0 });
  try {
    const inArrays = await rush(client, meter, 'arrays', { ...arrays, size: arraySize });
    const inSingles = await rush(client, meter, 'singles', { ...singles, size: 1 });
    const awaited = await sendOneByOne(client);
    const { latency, faults } = await measureLatency(client, seconds);
    return {
      figures: {
        arrays: inArrays.perSecond,
        singles: inSingles.perSecond,
        oneByOne: awaited.perSecond,
        p50: latency.p50,
        p99: latency.p99,
      },
      faults: [inArrays.faults, inSingles.faults, awaited.faults, faults].reduce(addFaults, noFaults),
      otherPercent: Math.max(inArrays.cpu.otherPercent, inSingles.cpu.otherPercent),
      details: { inArrays, inSingles, awaited, latency },
    };
  } finally {
    await client.close();
    await stack.stop();
  }
};
