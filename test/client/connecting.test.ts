import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { type ParleyClient, ParleyError } from '../../client/index.ts';
import { aCalmService, connectTo, outcomeOf } from './devices.ts';

it('the signal of connecting has nothing to say once there is a connection', async () => {
  for (const isPatient of [true, false]) {
    const service = aCalmService();
    const aborting = new AbortController();
    let chat: ParleyClient | undefined;
    void connectTo(service, 'ann', { isPatient, signal: aborting.signal }).then((one) => (chat = one));
    expect(await service.time.run(60_000, () => chat?.connection === 'online')).toBe(true);
    await service.time.run(0);
    expect(getEventListeners(aborting.signal, 'abort')).toEqual([]);
    aborting.abort();
    await service.time.run(60_000);
    expect(chat?.connection).toBe('online');
  }
});

it('until then it gives up connecting, whoever waits for it', async () => {
  const service = aCalmService();
  const aborting = new AbortController();
  const environment = {
    ...service.environment('ann'),
    openSocket: () => new Promise<never>(() => undefined),
  };
  const chat = await connectTo(service, 'ann', { environment, signal: aborting.signal });
  const waiting = outcomeOf(
    connectTo(service, 'ann', { environment, signal: aborting.signal, isPatient: false }),
  );
  await service.time.run(1000);
  aborting.abort();
  await service.time.run(60_000, () => waiting.value !== undefined);
  expect([waiting.value, chat.connection]).toEqual(['aborted', 'closed']);
  expect(service.wakers.size).toBe(0);
});

it('one that is aborted already leaves nothing behind', async () => {
  const service = aCalmService();
  const outcome = outcomeOf(connectTo(service, 'ann', { signal: AbortSignal.abort(), isPatient: false }));
  await service.time.run(60_000, () => outcome.value !== undefined);
  expect(outcome.value).toBe('aborted');
  expect(service.wakers.size).toBe(0);
});

it('a client that is closed before it was connected does not listen to its signal any more', async () => {
  const service = aCalmService();
  const { signal } = new AbortController();
  const chat = await connectTo(service, 'ann', { signal });
  await chat.close();
  await service.time.run(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('what the token function throws is an error of ours, with what it threw as its cause', async () => {
  const cause = new Error('You are not logged in.');
  const token = (): Promise<string> => Promise.reject(cause);
  const connecting = connectTo(aCalmService(), 'ann', { token });
  await expect(connecting).rejects.toBeInstanceOf(ParleyError);
  await expect(connecting).rejects.toMatchObject({ code: 'network', message: cause.message, cause });
});
