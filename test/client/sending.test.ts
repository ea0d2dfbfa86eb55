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
