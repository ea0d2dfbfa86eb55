import { expect, it } from 'vitest';
import { aCalmService, onlineAt, outcomeOf, uncaughtIn } from './devices.ts';

it('what is sent to oneself is refused, and goes to nobody else', async () => {
  const service = aCalmService();
  const chat = await onlineAt(service, 'ann');
  void chat.send({ to: 'bo', text: 'Hello' });
  expect(await service.time.run(60_000, () => chat.known.length === 1 && chat.pending.length === 0)).toBe(
    true,
  );
  const outcome = outcomeOf(chat.send({ to: 'ann', text: 'A note to myself' }));
  await service.time.run(60_000, () => outcome.value !== undefined);
  expect(outcome.value).toBe('malformed-request');
  expect(service.backend.queues.accepted).toHaveLength(1);
});

it('a listener that throws stops nothing that is sent', async () => {
  const service = aCalmService();
  const chat = await onlineAt(service, 'ann');
  void chat.send({ to: 'bo', text: 'Hello' });
  await service.time.run(60_000, () => chat.known.length === 1);
  const [conversation] = chat.known;
  const uncaught = await uncaughtIn(async () => {
    conversation?.subscribe(() => {
      throw new Error('A bug of the page.');
    });
    const outcomes = ['one', 'two'].map((text) => outcomeOf(chat.send({ to: 'bo', text })));
    expect(await service.time.run(60_000, () => outcomes.every(({ value }) => value === 'done'))).toBe(true);
    expect(await service.time.run(60_000, () => chat.pending.length === 0)).toBe(true);
  });
  expect(new Set(uncaught)).toEqual(new Set(['Error: A bug of the page.']));
});

it('a first message whose turn comes late is seen to have come, though nothing is pushed and a look fails', async () => {
  const service = aCalmService();
  const environment = service.environment('ann');
  let looks = 0;
  const fetch: typeof environment.fetch = (url, init) => {
    if (!url.includes('/messages/')) return environment.fetch(url, init);
    looks++;
    if (looks === 1)
      return Promise.resolve(
        Response.json({ code: 'not-a-member', detail: 'There is none.' }, { status: 403 }),
      );
    if (looks < 12) return Promise.reject(new TypeError('There is no network.'));
    return environment.fetch(url, init);
  };
  const openSocket: typeof environment.openSocket = (options) => {
    const onEvent: typeof options.onEvent = (event) => {
      if (event.type !== 'message.created' && event.type !== 'conversation.created') options.onEvent(event);
    };
    return environment.openSocket({ ...options, onEvent });
  };
  const chat = await onlineAt(service, 'ann', { environment: { ...environment, fetch, openSocket } });
  const errors: string[] = [];
  chat.on('error', ({ code }) => errors.push(code));
  void chat.send({ to: 'bo', text: 'Hello' });
  expect(await service.time.run(1_800_000, () => looks > 0)).toBe(true);
  expect(await service.time.run(1_800_000, () => chat.pending.length === 0)).toBe(true);
  expect([looks, errors]).toEqual([12, []]);
});
