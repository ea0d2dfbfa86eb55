import { expect, it } from 'vitest';
import { MemoryStore } from '../../client/index.ts';
import { aCalmService, onlineAt, outcomeOf, uncaughtIn } from './devices.ts';
import type { HostileService } from './hostile-service.ts';

/** Somebody who was told of five messages that he has not read, and comes with nothing. */
const aReader = async (service: HostileService, options: Parameters<typeof onlineAt>[2] = {}) => {
  const [ann, bo] = [await onlineAt(service, 'ann'), await onlineAt(service, 'bo')];
  for (const text of ['one', 'two', 'three', 'four', 'five']) void ann.send({ to: 'bo', text });
  await service.time.run(600_000, () => bo.known[0]?.info?.headSeq === 5);
  await service.time.run(60_000); // it is acknowledged
  await Promise.all([ann.close(), bo.close()]);
  const reader = await onlineAt(service, 'bo', { store: new MemoryStore(), ...options });
  const [conversation] = reader.known;
  if (!conversation) throw new Error('There is none.');
  expect([conversation.unreadCount, conversation.snapshot.messages.length]).toEqual([5, 0]);
  return { reader, conversation };
};

it('what was read is counted anew by the service where the messages are not here', async () => {
  const service = aCalmService();
  const { conversation } = await aReader(service);
  conversation.markRead(2);
  expect(await service.time.run(60_000, () => conversation.unreadCount === 3)).toBe(true);
});

it('if that fails for good it is told as an error, and ends with the client', async () => {
  const service = aCalmService();
  const environment = service.environment('bo');
  let isBroken = false;
  let asked = 0;
  const fetch: typeof environment.fetch = (url, init) => {
    asked++;
    if (!isBroken) return environment.fetch(url, init);
    return Promise.resolve(Response.json({ code: 'not-found', detail: 'A bug.' }, { status: 404 }));
  };
  const { reader, conversation } = await aReader(service, { environment: { ...environment, fetch } });
  const codes: string[] = [];
  reader.on('error', ({ code }) => codes.push(code));
  const uncaught = await uncaughtIn(async () => {
    isBroken = true;
    conversation.markRead(2);
    await service.time.run(60_000, () => codes.length > 0);
    isBroken = false;
    const before = asked;
    conversation.markRead(3);
    await service.time.run(60_000, () => asked > before);
    await reader.close();
    await service.time.run(60_000);
  });
  expect(codes).toEqual(['not-found']);
  expect(uncaught).toEqual([]);
});

it('who reads messages one by one is done when the client closes or his signal says so, whenever that is', async () => {
  for (const [how, ms] of [
    ['close', 0],
    ['close', 5],
    ['close', 30],
    ['abort', 0],
    ['abort', 5],
    ['abort', 30],
  ] as const) {
    const service = aCalmService();
    const aborting = new AbortController();
    const { reader, conversation } = await aReader(service);
    const read = async (): Promise<void> => {
      for await (const message of reader
        .conversation(conversation.id)
        .messages({ after: 0, signal: aborting.signal }))
        expect(message.seq).toBeGreaterThan(0);
    };
    conversation.replica.refresh().catch(() => undefined); // it is not all here yet
    const outcome = outcomeOf(read());
    await service.time.run(ms);
    if (how === 'close') await reader.close();
    else aborting.abort();
    await service.time.run(60_000, () => outcome.value !== undefined);
    expect(outcome.value, `${how} after ${ms} ms`).toBe('done');
  }
});

it('a message is shown until its time is over at the service, though the clock here is an hour wrong', async () => {
  for (const hours of [-1, 1]) {
    const service = aCalmService();
    const environment = service.environment('bo');
    const now = (): number => environment.now() + hours * 3_600_000;
    const ann = await onlineAt(service, 'ann');
    const bo = await onlineAt(service, 'bo', { environment: { ...environment, now } });
    void ann.send({ to: 'bo', text: 'For a minute', expiresInSeconds: 60 });
    const text = (): string | null | undefined => bo.known[0]?.snapshot.messages[0]?.messageText;
    expect(await service.time.run(30_000, () => text() !== undefined)).toBe(true);
    await service.time.run(20_000);
    expect(text(), `${hours} hours`).toBe('For a minute');
    await service.time.run(60_000);
    expect(text(), `${hours} hours`).toBe(null);
  }
});
