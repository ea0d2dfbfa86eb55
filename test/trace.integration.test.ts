import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { ParleyClient } from '../client/index.ts';
import type { ServerEvent } from '../shared/domain/event.ts';
import { type CollectedSpan, startCollector } from './support/collector.ts';
import { startTestStack } from './support/test-stack.ts';

type Created = Extract<ServerEvent, { type: 'message.created' }>;

const canary = 'unspeakable canary';

/** A stack of its own, that tells a collector. */
const aScene = async () => {
  const collector = await startCollector();
  onTestFinished(() => collector.stop());
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-trace-'));
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const stack = await startTestStack({ dataDir, storageInMemory: true, settings });
  onTestFinished(() => stack.stop(), 30_000);
  const tokenOf = (userId: string): Promise<string> =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setExpirationTime('1h')
      .sign(Buffer.from(stack.settings.AUTH_SIGNING_KEY ?? ''));
  const post = async <T>(token: string, path: string, body: object, headers = {}): Promise<T> => {
    const response = await fetch(`${stack.urls.functions}/api${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  /** A device, and the messages that come to it. */
  const aDevice = async (token: string) => {
    const client = new WebPubSubClient({
      getClientAccessUrl: async () => (await post<{ url: string }>(token, '/negotiate', {})).url,
    });
    const events: ServerEvent[] = [];
    let wake = (): void => undefined;
    const take = ({ message }: { message: { data: unknown } }) => {
      events.push(message.data as ServerEvent);
      wake();
    };
    client.on('server-message', take);
    client.on('group-message', take);
    await client.start();
    onTestFinished(() => client.stop());
    const until = async <T>(find: () => T | undefined): Promise<T> => {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    };
    await until(() => events.find(({ type }) => type === 'connected'));
    const created = (messageId: string) =>
      until(() =>
        events.find(
          (event): event is Created =>
            event.type === 'message.created' && event.message.messageId === messageId,
        ),
      );
    const ask = async (name: string, data: object) => {
      await client.sendEvent(name, { ...data, ref: name }, 'json');
      return until(() =>
        events.find(
          (event): event is Extract<ServerEvent, { type: 'ack' }> =>
            event.type === 'ack' && event.ref === name,
        ),
      );
    };
    const receiptOf = (userId: string, seq: number) =>
      until(() =>
        events.find(
          (event) => event.type === 'receipt.delivered' && event.userId === userId && event.upToSeq >= seq,
        ),
      );
    return { created, ask, receiptOf };
  };
  return { collector, stack, tokenOf, post, aDevice };
};

/** The spans of a trace by their names, of each the first. */
const stagesOf = (spans: CollectedSpan[], traceId: string): Record<string, CollectedSpan> =>
  Object.fromEntries(
    spans
      .filter((span) => span.traceId === traceId)
      .map((span) => [span.name, span] as const)
      .reverse(),
  );

it(
  'one trace holds a message from its request, or its socket, to its push, inbox and receipt, and no word of it',
  { timeout: 120_000 },
  async () => {
    const { collector, stack, tokenOf, post, aDevice } = await aScene();
    const [ann, bo] = [await tokenOf('ann'), await tokenOf('bo')];
    const group = { type: 'group', memberIds: ['bo', 'cy'] };
    const { id: conversationId } = await post<{ id: string }>(ann, '/conversations', group);
    const [annsDevice, bosDevice] = [await aDevice(ann), await aDevice(bo)];
    const traceId = '5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e';
    const sent = await post<{ messageId: string }>(
      ...([ann, `/conversations/${conversationId}/messages`, { messageText: canary }] as const),
      { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    );
    const ack = await annsDevice.ask('message.send', { conversationId, messageText: canary });
    for (const messageId of [sent.messageId, ack.messageId ?? '']) {
      const { seq, traceparent } = await bosDevice.created(messageId);
      await bosDevice.ask('receipt.delivered', { conversationId, seqs: [seq], traceparent });
    }
    // Our own client does that by itself.
    const [dee, direct] = [await tokenOf('dee'), 'de1ec7ab1ede1ec7ab1ede1ec7ab1ede'];
    const client = await ParleyClient.connect({ baseUrl: stack.urls.functions, token: dee });
    onTestFinished(() => client.close());
    const body = { receiverId: 'dee', messageText: canary };
    const third = await post<{ messageId: string }>(ann, '/sendMessage', body, {
      traceparent: `00-${direct}-00f067aa0ba902b7-01`,
    });
    const { seq } = await annsDevice.created(third.messageId);
    await annsDevice.receiptOf('dee', seq);
    // What the app still holds it sends when it is told to stop.
    await stack.kill('functions', 'SIGTERM');

    const spans = collector.spans();
    const ofMessage = (messageId: string | undefined) =>
      spans.find(
        ({ name, attributes }) =>
          name === 'accept' && attributes.some(({ value }) => value.stringValue === messageId),
      )?.traceId ?? 'none';
    expect(ofMessage(sent.messageId)).toBe(traceId);
    for (const each of [traceId, ofMessage(ack.messageId)]) {
      const { accept, deliver, push, inbox, receipt } = stagesOf(spans, each);
      expect(accept?.parentSpanId).toBeDefined();
      expect(deliver?.parentSpanId).toBe(accept?.spanId);
      expect(push?.parentSpanId).toBe(deliver?.spanId);
      expect(inbox?.parentSpanId).toBe(deliver?.spanId);
      expect(receipt?.parentSpanId).toBe(push?.spanId);
    }
    const named = (name: string) => spans.filter((span) => span.traceId === direct && span.name === name);
    const [receipt] = named('receipt');
    expect(named('push').map(({ spanId }) => spanId)).toContain(receipt?.parentSpanId);
    for (const name of ['messages.accepted', 'messages.delivered', 'acceptance_to_push', 'queue.age'])
      expect(collector.metric(`parley.${name}`), name).toBe(3);
    const all = collector.bodies.join('\n');
    for (const secret of [canary, ann, bo, stack.settings.AUTH_SIGNING_KEY ?? ''])
      expect(all).not.toContain(secret);
  },
);
