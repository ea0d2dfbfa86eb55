/**
 * Measures the broker, in a process of its own, through the official client: `node local/service-bus/measure.ts`.
 * With `--memory` it keeps no journal.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusReceiver, ServiceBusSender } from '@azure/service-bus';
import rhea from 'rhea';
import type { EventContext } from 'rhea';

const { values } = parseArgs({ options: { memory: { type: 'boolean', default: false } } });
const folder = await mkdtemp(join(tmpdir(), 'service-bus-measure-'));
const configFile = join(folder, 'config.json');
const queues = [
  { Name: 'plain', Properties: {} },
  { Name: 'latency', Properties: {} },
  { Name: 'sessions', Properties: { RequiresSession: true } },
];
await writeFile(
  configFile,
  JSON.stringify({ UserConfig: { Namespaces: [{ Name: 'measure', Queues: queues }] } }),
);
const args = ['--config', configFile, '--port', '0', ...(values.memory ? [] : ['--data', folder])];
const broker = fork(join(import.meta.dirname, 'main.ts'), args, {
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
const [ready] = (await once(broker, 'message')) as [{ port: number; connectionString: string }];
const sending = new ServiceBusClient(ready.connectionString);
const receiving = new ServiceBusClient(ready.connectionString);
const body = { text: 'x'.repeat(200) };

try {
  print(`${cpus().length} cores, Node ${process.version}, ${values.memory ? 'no journal' : 'with journal'}`);
  // The first round warms up.
  await measurePlain(() => undefined);
  await measurePlain(report);
  await measureLatency(report);
  await measureSessions(report);
} finally {
  await Promise.all([sending.close(), receiving.close()]);
  broker.kill('SIGTERM');
  await once(broker, 'exit');
  await rm(folder, { recursive: true, force: true });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

type Report = (what: string, figure: string) => void;

function report(what: string, figure: string): void {
  print(`${what.padEnd(60)} ${figure}`);
}

async function timed(tell: Report, what: string, count: number, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  tell(what, `${Math.round((count / (performance.now() - start)) * 1_000)}/s`);
}

async function measurePlain(tell: Report): Promise<void> {
  const sender = sending.createSender('plain');
  const receiver = receiving.createReceiver('plain', { maxAutoLockRenewalDurationInMs: 0 });
  await timed(tell, 'sends, one after the other', 2_000, () => sendMany(sender, 2_000, 1));
  await timed(tell, 'receive 100 and complete them', 2_000, () => receiveMany(receiver, 2_000, 100));
  await timed(tell, 'sends, 50 at a time', 10_000, () => sendMany(sender, 10_000, 50));
  await timed(tell, 'receive 500 and complete them', 10_000, () => receiveMany(receiver, 10_000, 500));
  await timed(tell, 'sends in arrays of 100', 20_000, () => sendArrays(sender, 200));
  await timed(tell, 'subscribe with 100 calls at a time', 20_000, () => subscribe(receiver, 20_000, 100));
  const next = receiving.createReceiver('plain', { maxAutoLockRenewalDurationInMs: 0 });
  await timed(tell, 'sends, 20 at a time, and a subscriber with 50 calls', 10_000, () =>
    Promise.all([sendMany(sender, 10_000, 20), subscribe(next, 10_000, 50)]),
  );
  await Promise.all([sender.close(), receiver.close(), next.close()]);
}

async function sendMany(sender: ServiceBusSender, count: number, atOnce: number): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await sender.sendMessages({ body });
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

async function sendArrays(sender: ServiceBusSender, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await sender.sendMessages(Array.from({ length: 100 }, () => ({ body })));
}

async function receiveMany(receiver: ServiceBusReceiver, count: number, atOnce: number): Promise<void> {
  for (let received = 0; received < count;) {
    const messages = await receiver.receiveMessages(atOnce);
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    received += messages.length;
  }
}

async function subscribe(
  receiver: ServiceBusReceiver,
  count: number,
  maxConcurrentCalls: number,
): Promise<void> {
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    receiver.subscribe(
      {
        processMessage: () => {
          if (++received === count) resolve();
          return Promise.resolve();
        },
        processError: ({ error }) => {
          reject(error);
          return Promise.resolve();
        },
      },
      { maxConcurrentCalls },
    );
  });
  await receiver.close();
}

/** From before a message is sent until it is handled, at a message every 20 ms. */
async function measureLatency(tell: Report): Promise<void> {
  const count = 500;
  const sender = sending.createSender('latency');
  const receiver = receiving.createReceiver('latency');
  const times: number[] = [];
  let handled = (): void => undefined;
  receiver.subscribe({
    processMessage: (message) => {
      times.push(performance.now() - (message.body as { sentAt: number }).sentAt);
      handled();
      return Promise.resolve();
    },
    processError: ({ error }) => Promise.reject(error),
  });
  for (let i = 0; i < count; i++) {
    const done = new Promise<void>((resolve) => (handled = resolve));
    await sender.sendMessages({ body: { sentAt: performance.now() } });
    await done;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(1)} ms`;
  tell('latency, 50 messages a second', `p50 ${at(0.5)}, p99 ${at(0.99)}`);
  await Promise.all([sender.close(), receiver.close()]);
}

/** Each message in a session of its own: as accepted sessions, and on one link for many sessions. */
async function measureSessions(tell: Report): Promise<void> {
  const accepted = 500;
  await sendSessions(accepted);
  await timed(tell, 'sessions accepted, 16 at a time, one message each', accepted, async () => {
    let left = accepted;
    const lane = async () => {
      while (left-- > 0) {
        const session = await receiving.acceptNextSession('sessions');
        await receiveMany(session, 1, 1);
        await session.close();
      }
    };
    await Promise.all(Array.from({ length: 16 }, lane));
  });
  const count = 20_000;
  await sendSessions(count);
  await timed(tell, 'sessions on one link, 256 at a time, one message each', count, () =>
    receiveSessions(count),
  );
}

async function sendSessions(count: number): Promise<void> {
  const sender = sending.createSender('sessions');
  for (let from = 0; from < count; from += 100) {
    const ids = Array.from({ length: 100 }, (_, i) => `session-${from + i}`);
    await sender.sendMessages(ids.map((sessionId) => ({ body, sessionId })));
  }
  await sender.close();
}

async function receiveSessions(count: number): Promise<void> {
  const connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: ready.port, reconnect: false });
  const receiver = connection.open_receiver({
    source: { address: 'sessions' },
    properties: { 'local:multi-session': true },
    credit_window: 0,
    autoaccept: false,
    rcv_settle_mode: 1,
  });
  let settled = 0;
  await new Promise<void>((resolve) => {
    receiver.on('message', ({ delivery }: EventContext) => delivery?.accept());
    receiver.on('settled', () => {
      receiver.add_credit(1);
      if (++settled === count) resolve();
    });
    receiver.add_credit(256);
  });
  connection.close();
  await once(connection, 'connection_close');
}
