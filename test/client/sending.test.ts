import { expect, it } from 'vitest';
import { onlineAt, outcomeOf } from './devices.ts';
import { HostileService } from './hostile-service.ts';

const aCalmService = (): HostileService => {
  const service = new HostileService(1);
  service.calmDown();
  return service;
};

it('what is sent to oneself is refused, and goes to nobody else', async () => {
  const service = aCalmService();
  const chat = await onlineAt(service, 'ann');
  void chat.send({ to: 'bo', text: 'Hello' });
  expect(await service.time.run(60_000, () => chat.known.length === 1 && chat.pending.length === 0)).toBe(true);
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
  const uncaught: unknown[] = [];
  const note = (error: unknown): unknown => uncaught.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', note);
  try {
    conversation?.subscribe(() => {
      throw new Error('A bug of the page.');
    });
    const outcomes = ['one', 'two'].map((text) => outcomeOf(chat.send({ to: 'bo', text })));
    expect(await service.time.run(60_000, () => outcomes.every(({ value }) => value === 'done'))).toBe(true);
    expect(await service.time.run(60_000, () => chat.pending.length === 0)).toBe(true);
    expect(uncaught).not.toEqual([]);
    expect(uncaught.map(String)).toEqual(uncaught.map(() => 'Error: A bug of the page.'));
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
});
