import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import type { ServerEvent } from '../shared/domain/event.ts';
import { startTestStack } from './support/test-stack.ts';

/** A stack of its own, for its functions are made to stop here. */
const aScene = async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-dead-letters-'));
  const stack = await startTestStack({ dataDir, storageInMemory: true, console: true });
  onTestFinished(() => stack.stop(), 30_000);
  const bus = new ServiceBusClient(stack.settings.ServiceBusConnection ?? '');
  onTestFinished(() => bus.close());
  const url = stack.urls.functions;
  const tokenOf = (userId: string, roles: string[] = []): Promise<string> =>
    new SignJWT({ roles })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setExpirationTime('1h')
      .sign(Buffer.from(stack.settings.AUTH_SIGNING_KEY ?? ''));
  const ask = async <T>(token: string, method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const pause = (name: string, how: 'pause' | 'resume') =>
    fetch(`${url}/dev/api/functions/${how}`, {
      method: 'POST',
      headers: { 'x-console': '1' },
      body: JSON.stringify({ name }),
    }).then(({ status }) => expect(status).toBe(200));
  /** Runs the command as people do. */
  const admin = (token: string, ...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { ...process.env, PARLEY_URL: url, PARLEY_TOKEN: token };
      execFile(process.execPath, ['infra/scripts/admin.ts', ...args], { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });
  return { stack, bus, tokenOf, ask, pause, admin };
};

/** A device, with the messages that reach it and a way to wait for them. */
const aDevice = async (getClientAccessUrl: () => Promise<string>) => {
  const client = new WebPubSubClient({ getClientAccessUrl });
  const texts: (string | null)[] = [];
  let wake = (): void => undefined;
  client.on('server-message', ({ message }) => {
    const event = message.data as unknown as ServerEvent;
    if (event.type === 'message.created') texts.push(event.message.messageText);
    wake();
  });
  await client.start();
  onTestFinished(() => client.stop());
  const until = async (text: string): Promise<void> => {
    while (!texts.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { texts, until };
};

it(
  'a dead letter is listed, shown without its text, redriven and delivered, once, in its conversation’s order',
  { timeout: 120_000 },
  async () => {
    const { bus, tokenOf, ask, pause, admin } = await aScene();
    const [ann, bo, operator] = [await tokenOf('ann'), await tokenOf('bo'), await tokenOf('op', ['admin'])];
    const device = await aDevice(async () => (await ask<{ url: string }>(bo, 'POST', '/negotiate', {})).url);
    await pause('deliverMessage', 'pause');
    const send = (messageText: string) =>
      ask<{ messageId: string; conversationId: string }>(ann, 'POST', '/sendMessage', {
        receiverId: 'bo',
        messageText,
      });
    const { conversationId, messageId } = await send('unspeakable 1');
    await send('unspeakable 2');
    const session = await bus.acceptSession('chat-queue', conversationId);
    for (const message of await session.receiveMessages(2, { maxWaitTimeInMs: 5000 }))
      await session.deadLetterMessage(message, {
        deadLetterReason: 'MaxDeliveryCountExceeded',
        deadLetterErrorDescription: '',
      });
    await session.close();

    expect((await admin(operator, 'stats')).out).toMatch(/^chat-queue +0 +- +0 +2$/m);
    const listed = await admin(operator, 'dead-letters', 'list');
    const ids = [...listed.out.matchAll(/^chat-queue~\d+/gm)].map(([id]) => id);
    expect(ids).toHaveLength(2);
    expect(listed.out).toContain(`MaxDeliveryCountExceeded  ${conversationId}`);
    const shown = await admin(operator, 'dead-letters', 'show', ids[0] ?? '');
    expect(JSON.parse(shown.out)).toMatchObject({ outline: { kind: 'message', message: { messageId } } });
    expect(listed.out + shown.out).not.toContain('unspeakable');
    const refused = await admin(ann, 'dead-letters', 'redrive', ids[0] ?? '');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('not-permitted: This takes a token with the role admin.');

    await pause('deliverMessage', 'resume');
    const redriven = await admin(operator, 'dead-letters', 'redrive', '--source', 'chat-queue', '--all');
    expect(redriven).toMatchObject({ code: 0, out: ids.map((id) => `${id}: sent again\n`).join('') });
    await device.until('unspeakable 2');
    expect(await admin(operator, 'dead-letters', 'redrive', ids[0] ?? '')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not-found') as string,
    });
    expect(device.texts).toEqual(['unspeakable 1', 'unspeakable 2']);
    const history = await ask<{ items: { messageText: string }[]; headSeq: number }>(
      ...([bo, 'GET', `/conversations/${conversationId}/messages`] as const),
    );
    expect(history).toMatchObject({ headSeq: 2, items: [{ messageId }, {}] });
    expect((await admin(operator, 'dead-letters', 'list')).out).toBe('There are no dead letters.\n');
    const { items } = await ask<{ items: { action: string; deadLetterId?: string }[] }>(
      ...([operator, 'GET', '/admin/audit?userId=op'] as const),
    );
    const done = items.map(({ action, deadLetterId }) => `${action} ${deadLetterId ?? ''}`);
    expect(done).toEqual(expect.arrayContaining(ids.map((id) => `dead-letter.redriven ${id}`)));
    expect(done).toContain(`dead-letter.read ${ids[0]}`);
  },
);
