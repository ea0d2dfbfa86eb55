/**
 * Measures a local Web PubSub service: how long a message to a user takes, how many a group can be sent.
 * Usage: node local/web-pubsub/measure.ts
 * The service runs in a process of its own; sender and receivers share this one, so the figures are lower bounds.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebSocket } from 'ws';

const RELIABLE = 'json.reliable.webpubsub.azure.v1';
const PLAIN = 'json.webpubsub.azure.v1';
const TEXT = 'x'.repeat(150); // with its envelope a message has about 200 bytes

const write = (line: string) => process.stdout.write(`${line}\n`);

interface Receiver {
  readonly socket: WebSocket;
  onMessage: () => void;
}

/** A client that only counts; a reliable one acknowledges every 100 messages. */
const receive = async (url: string, subprotocol: string): Promise<Receiver> => {
  const socket = new WebSocket(url, subprotocol, { perMessageDeflate: false });
  const receiver: Receiver = { socket, onMessage: () => undefined };
  await once(socket, 'message');
  let count = 0;
  socket.on('message', () => {
    count++;
    if (subprotocol === RELIABLE && count % 100 === 0) {
      socket.send(`{"type":"sequenceAck","sequenceId":${count}}`);
    }
    receiver.onMessage();
  });
  return receiver;
};

/** Runs `send` `count` times, `width` at once, and waits until `expected` messages have arrived. */
const rush = async (
  receivers: readonly Receiver[],
  count: number,
  width: number,
  send: () => Promise<unknown>,
): Promise<number> => {
  const expected = count * receivers.length;
  const done = Promise.withResolvers<undefined>();
  let arrived = 0;
  for (const receiver of receivers) {
    receiver.onMessage = () => {
      if (++arrived === expected) done.resolve(undefined);
    };
  }
  let sent = 0;
  const began = performance.now();
  const sender = async () => {
    while (sent++ < count) await send();
  };
  await Promise.all([...Array.from({ length: width }, sender), done.promise]);
  return (performance.now() - began) / 1000;
};

const percentile = (sorted: readonly number[], part: number): string =>
  (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2);

const measureLatency = async (server: WebPubSubServiceClient): Promise<void> => {
  const { url } = await server.getClientAccessToken({ userId: 'latency' });
  const receiver = await receive(url, RELIABLE);
  const times: number[] = [];
  for (let i = 0; i < 600; i++) {
    const arrived = new Promise<void>((resolve) => (receiver.onMessage = resolve));
    const began = performance.now();
    await Promise.all([
      server.sendToUser('latency', { i, text: TEXT }),
      arrived.then(() => times.push(performance.now() - began)),
    ]);
  }
  const sorted = times.slice(100).sort((left, right) => left - right); // the first hundred warm up
  write(
    `sendToUser → client, one at a time: p50 ${percentile(sorted, 0.5)} ms, p99 ${percentile(sorted, 0.99)} ms`,
  );
  receiver.socket.terminate();
};

const measureThroughput = async (server: WebPubSubServiceClient): Promise<void> => {
  const { url } = await server.getClientAccessToken({ userId: 'one' });
  const receiver = await receive(url, RELIABLE);
  const count = 8000;
  const seconds = await rush([receiver], count, 32, () => server.sendToUser('one', { text: TEXT }));
  write(`sendToUser → one client, 32 at a time through the SDK: ${Math.round(count / seconds)} messages/s`);
  receiver.socket.terminate();
};

/** The same without the SDK, which spends more on a message than the service does. */
const measureBareThroughput = async (server: WebPubSubServiceClient): Promise<void> => {
  const { url } = await server.getClientAccessToken({ userId: 'bare' });
  const receiver = await receive(url, RELIABLE);
  let target = '';
  let authorization = '';
  await server.sendToUser('bare', 'first', {
    contentType: 'text/plain',
    onResponse: ({ request: sent }) => {
      target = sent.url;
      authorization = sent.headers.get('authorization') ?? '';
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const headers = { authorization, 'content-type': 'application/json' };
  const body = Buffer.from(JSON.stringify({ text: TEXT }));
  const send = async () => {
    const call = request(target, { method: 'POST', agent, headers });
    call.end(body);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
  };
  const count = 20_000;
  const seconds = await rush([receiver], count, 32, send);
  write(`sendToUser → one client, 32 at a time over bare HTTP: ${Math.round(count / seconds)} messages/s`);
  receiver.socket.terminate();
  agent.destroy();
};

const measureGroup = async (server: WebPubSubServiceClient, subprotocol: string): Promise<void> => {
  const members = 500;
  const { url } = await server.getClientAccessToken({ groups: ['crowd'] });
  const receivers: Receiver[] = [];
  for (let i = 0; i < members; i++) receivers.push(await receive(url, subprotocol));
  const group = server.group('crowd');
  const count = 400;
  const seconds = await rush(receivers, count, 8, () => group.sendToAll({ text: TEXT }));
  write(`group of ${members}, ${subprotocol}: ${Math.round((count * members) / seconds)} deliveries/s`);
  for (const { socket } of receivers) socket.terminate();
};

const startService = async (config: string): Promise<{ child: ChildProcess; connectionString: string }> => {
  const main = new URL('./main.ts', import.meta.url).pathname;
  const child = fork(main, ['--config', config, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [message] = (await once(child, 'message')) as [{ connectionString: string }];
  return { child, connectionString: message.connectionString };
};

const folder = mkdtempSync(join(tmpdir(), 'web-pubsub-'));
const config = join(folder, 'hubs.json');
writeFileSync(config, JSON.stringify({ limits: { replayMessages: 100_000 } }));
const { child, connectionString } = await startService(config);
const server = new WebPubSubServiceClient(connectionString, 'chat', { allowInsecureConnection: true });
try {
  await measureLatency(server);
  await measureThroughput(server);
  await measureBareThroughput(server);
  await measureGroup(server, PLAIN);
  await measureGroup(server, RELIABLE);
} finally {
  child.kill('SIGTERM');
  rmSync(folder, { recursive: true });
}
