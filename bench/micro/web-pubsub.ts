import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { startStack } from '../../local/stack.ts';
import { LightWebSocket } from '../clients/web-socket.ts';
import { addFaults, type Faults, Ledger, noFaults } from '../ledger.ts';
import { cpuBetween, type CpuUse, ProcessMeter } from '../process-meter.ts';
import { inParallel } from '../scenarios/lanes.ts';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import { type Summary, summarize } from '../statistics.ts';
import type { MicroOptions } from './micro-options.ts';

const reliable = 'json.reliable.webpubsub.azure.v1';
const plain = 'json.webpubsub.azure.v1';
const userMessages = { warmUp: 200, count: 1000 };
const members = 500;
const groupMessages = { warmUp: 20, count: 400, atOnce: 8 };
const accessKey = 'The-benchmark-has-a-key-of-its-own-and-it-protects-nothing=';
const timeoutMs = 60_000;
/** How often a member of a group acknowledges: what a reliable client has not acknowledged is kept for it. */
const acknowledgeEvery = 100;

/** Replays are kept for clients that come back; members acknowledge late when the machine is busy. */
const config = { hubs: { chat: {} }, limits: { replayMessages: 100_000, replayBytes: 100_000_000 } };

/** Connects; resolves when the service has said that it is connected. Texts of messages go to `onMessage`. */
const connect = async (
  url: string,
  subprotocol: string,
  onMessage: (text: string) => void,
): Promise<LightWebSocket> => {
  const socket = await LightWebSocket.open(url, { subprotocol });
  await new Promise<void>((resolve) => {
    let count = 0;
    socket.onText = (frame) => {
      if (!frame.includes('"type":"message"')) {
        resolve();
        return;
      }
      // Cut out rather than parsed: half a million messages would keep the generator busier than the service.
      const start = frame.indexOf('"data":"') + 8;
      onMessage(frame.slice(start, frame.indexOf('"', start)));
      if (++count % acknowledgeEvery === 0 && subprotocol === reliable) {
        socket.send(JSON.stringify({ type: 'sequenceAck', sequenceId: count }));
      }
    };
  });
  return socket;
};

const toUser = async (service: WebPubSubServiceClient): Promise<{ latency: Summary; faults: Faults }> => {
  const ledger = new Ledger('user');
  const { url } = await service.getClientAccessToken({ userId: 'one' });
  const socket = await connect(url, reliable, (text) => ledger.arrive('one', text, performance.now()));
  for (let number = 0; number < userMessages.warmUp + userMessages.count; number++) {
    const since = number < userMessages.warmUp ? undefined : performance.now();
    const text = ledger.expect(0, 'one', since);
    await Promise.all([service.sendToUser('one', text), ledger.allArrived(timeoutMs)]);
  }
  const latency = summarize(ledger.latencies);
  await socket.close();
  return { latency, faults: ledger.settle() };
};

interface GroupResult {
  readonly deliveriesPerSecond: number;
  readonly cpu: CpuUse;
  readonly faults: Faults;
}

const toGroup = async (
  service: WebPubSubServiceClient,
  meter: ProcessMeter,
  subprotocol: string,
): Promise<GroupResult> => {
  const name = `crowd-${subprotocol}`;
  const ledgers = Array.from({ length: members }, () => new Ledger('group'));
  const { url } = await service.getClientAccessToken({ groups: [name] });
  const sockets = await inParallel(members, 16, (index) =>
    connect(url, subprotocol, (text) => ledgers[index]?.arrive('', text, 0)),
  );
  const group = service.group(name);
  const send = async (): Promise<void> => {
    const [text = ''] = ledgers.map((ledger) => ledger.expect(0, '', undefined));
    await group.sendToAll(text);
  };
  const sendMany = async (count: number): Promise<void> => {
    await inParallel(count, groupMessages.atOnce, send);
    await Promise.all(ledgers.map((ledger) => ledger.allArrived(timeoutMs)));
  };
  await sendMany(groupMessages.warmUp);
  const before = meter.cpu();
  await sendMany(groupMessages.count);
  const cpu = cpuBetween(before, meter.cpu());
  await Promise.all(sockets.map((socket) => socket.close()));
  const faults = ledgers.map((ledger) => ledger.settle()).reduce(addFaults, noFaults);
  return {
    deliveriesPerSecond: (groupMessages.count * members) / (cpu.elapsedMs / 1000),
    cpu,
    faults: { ...faults, reordered: 0 }, // sends that are under way together have no order
  };
};

/** The Web PubSub service by itself, sent to through Microsoft's client. */
export const benchWebPubSub = async ({ dataDir }: MicroOptions): Promise<ScenarioResult> => {
  mkdirSync(dataDir, { recursive: true });
  const configFile = join(dataDir, 'hubs.json');
  writeFileSync(configFile, JSON.stringify(config));
  const stack = await startStack({
    services: ['web-pubsub'],
    appDir: dataDir,
    serviceBusConfig: '',
    webPubSubConfig: configFile,
    dataDir,
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 },
    settings: { connection: `Endpoint=http://127.0.0.1:8080;AccessKey=${accessKey};Version=1.0;` },
    env: { ...process.env, WEB_PUBSUB_ACCESS_KEY: accessKey },
  });
  const service = new WebPubSubServiceClient(stack.settings.connection ?? '', 'chat', {
    allowInsecureConnection: true,
  });
  const meter = new ProcessMeter({ 'web-pubsub': stack.pid('web-pubsub') ?? 0 });
  try {
    const user = await toUser(service);
    const group = await toGroup(service, meter, plain);
    const reliableGroup = await toGroup(service, meter, reliable);
    return {
      figures: {
        p50: user.latency.p50,
        p99: user.latency.p99,
        deliveries: group.deliveriesPerSecond,
        reliableDeliveries: reliableGroup.deliveriesPerSecond,
      },
      faults: [user.faults, group.faults, reliableGroup.faults].reduce(addFaults, noFaults),
      otherPercent: Math.max(group.cpu.otherPercent, reliableGroup.cpu.otherPercent),
      details: { user, group, reliableGroup },
    };
  } finally {
    await stack.stop();
  }
};
