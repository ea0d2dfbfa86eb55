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
