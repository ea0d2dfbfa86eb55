import { afterEach, expect, it, vi } from 'vitest';
import { MemoryStore, type Store } from '../../client/index.ts';
import { openStore } from '../../client/indexed-db-store.ts';
import { aCalmService, connectTo, onlineAt, outcomeOf } from './devices.ts';
import type { HostileService } from './hostile-service.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Surroundings without a network. */
const offline = (service: HostileService, userId: string) => ({
  ...service.environment(userId),
  fetch: () => Promise.reject(new TypeError('There is no network.')),
  openSocket: () => Promise.reject(new Error('There is no network.')),
});

const textsIn = async (store: Store): Promise<string[]> =>
  (await store.list('outbox ')).map(({ value }) => (JSON.parse(value) as { text: string }).text);

it('what waits is sent for the user who said it only, whatever the names of others begin with', async () => {
  const service = aCalmService();
  const store = new MemoryStore();
  const first = await connectTo(service, 'ann b', { store, environment: offline(service, 'ann b') });
  void first.send({ to: 'cy', text: 'Of ann b' });
  await service.time.run(1000);
  await first.close();
  const ann = await onlineAt(service, 'ann', { store });
  await service.time.run(60_000);
  expect([ann.pending, service.backend.queues.accepted]).toEqual([[], []]);
  await ann.close();
  const again = await onlineAt(service, 'ann b', { store, baseUrl: 'http://test/' });
  expect(await service.time.run(60_000, () => service.backend.queues.accepted.length === 1)).toBe(true);
  await again.close();
});

it('a client is closed once a slow store has what waits', async () => {
  const service = aCalmService();
  const kept = new MemoryStore();
  const store: Store = {
    list: (prefix) => kept.list(prefix),
    set: async (key, value) => {
      await service.time.wait(500);
      await kept.set(key, value);
    },
    delete: (key) => kept.delete(key),
  };
  const chat = await connectTo(service, 'ann', { store, environment: offline(service, 'ann') });
  for (const text of ['one', 'two']) void chat.send({ to: 'bo', text });
  const closed = outcomeOf(chat.close());
  await service.time.run(60_000, () => closed.value !== undefined);
  expect(await textsIn(kept)).toEqual(['one', 'two']);
});

it('what was sent is not left in a slow store, to be sent once more', async () => {
  const service = aCalmService();
  const kept = new MemoryStore();
  let sets = 0;
  const store: Store = {
    list: (prefix) => kept.list(prefix),
    set: async (key, value) => {
      if (++sets > 1) await service.time.wait(5000);
      await kept.set(key, value);
    },
    delete: (key) => kept.delete(key),
  };
  const chat = await onlineAt(service, 'ann', { store });
  const outcomes = ['one', 'two'].map((text) => outcomeOf(chat.send({ to: 'bo', text })));
  expect(await service.time.run(60_000, () => outcomes.every(({ value }) => value === 'done'))).toBe(true);
  await service.time.run(60_000);
  expect(await textsIn(kept)).toEqual([]);
});

it('a store that fails, or has what cannot be read, keeps nobody from chatting', async () => {
  const service = aCalmService();
  const chat = await onlineAt(service, 'ann', {
    store: {
      list: () => Promise.reject(new Error('The disk is broken.')),
      set: () => Promise.reject(new Error('The disk is broken.')),
      delete: () => Promise.reject(new Error('The disk is broken.')),
    },
  });
  const first = outcomeOf(chat.send({ to: 'bo', text: 'one' }));
  await service.time.run(60_000, () => first.value !== undefined);
  expect(first.value).toBe('done');

  const store = new MemoryStore();
  const prefix = 'outbox http://test bo ';
  for (const [index, value] of ['{', 'null', '7', '{}'].entries())
    await store.set(`${prefix}${index} x`, value);
  const errors: string[] = [];
  const bo = await connectTo(service, 'bo', { store });
  bo.on('error', ({ code }) => errors.push(code));
  const second = outcomeOf(bo.send({ to: 'ann', text: 'two' }));
  await service.time.run(60_000, () => second.value !== undefined);
  expect([second.value, errors]).toEqual(['done', []]);
});

it('that what waits cannot be read is told to whoever listens', async () => {
  const service = aCalmService();
  const store = new MemoryStore();
  store.list = () => Promise.reject(new Error('The disk is broken.'));
  const chat = await connectTo(service, 'ann', { store });
  const errors: string[] = [];
  chat.on('error', ({ message }) => errors.push(message));
  await service.time.run(60_000, () => chat.connection === 'online');
  expect(errors).toEqual(['What waits to be sent cannot be read.']);
});

it('a database that the browser has closed is opened once more', async () => {
  const values = new Map<string, string>();
  let opened = 0;
  const answer = <T>(result: T) => {
    const request = { result, error: null, onsuccess: null as (() => void) | null, onerror: null };
    queueMicrotask(() => request.onsuccess?.());
    return request;
  };
  const aDatabase = () => {
    const own = ++opened;
    const objectStore = () => ({
      put: (value: string, key: string) => answer(values.set(key, value)),
      delete: (key: string) => answer(values.delete(key)),
    });
    return {
      transaction: () => {
        if (own < opened || own === 1) throw new Error('InvalidStateError: it is closing.');
        return { objectStore };
      },
    };
  };
  vi.stubGlobal('indexedDB', { open: () => answer(aDatabase()) });
  const store = await openStore();
  await store.set('key', 'value');
  await store.set('other', 'value');
  await store.delete('other');
  expect([...values.keys(), opened]).toEqual(['key', 2]);
});

it('the same message again is the one that is there, whether it waits, was accepted or was kept by an earlier client', async () => {
  const service = aCalmService();
  const store = new MemoryStore();
  const message = { to: 'bo', text: 'Hello', clientMessageId: 'the same' };
  const before = await connectTo(service, 'ann', { store, environment: offline(service, 'ann') });
  void before.send(message).catch(() => undefined);
  await service.time.run(1000);
  await before.close();
  const chat = await connectTo(service, 'ann', { store });
  const receipts: unknown[] = [];
  const outcomes = [outcomeOf(chat.send(message).then((receipt) => receipts.push(receipt)))];
  await service.time.run(60_000, () => chat.pending[0]?.state === 'accepted');
  outcomes.push(outcomeOf(chat.send(message).then((receipt) => receipts.push(receipt))));
  await service.time.run(60_000, () => chat.pending.length === 0);
  expect(outcomes.map(({ value }) => value)).toEqual(['done', 'done']);
  expect(receipts).toHaveLength(2);
  expect(receipts[1]).toEqual(receipts[0]);
  const other = outcomeOf(chat.send({ to: 'cy', text: 'Hello', clientMessageId: 'new' }));
  const wrong = outcomeOf(chat.send({ to: 'di', text: 'Hello', clientMessageId: 'new' }));
  await service.time.run(60_000, () => other.value !== undefined);
  expect([other.value, wrong.value]).toEqual(['done', 'malformed-request']);
});

it('what is said after the clock was set back comes behind what was said before', async () => {
  const service = aCalmService();
  const store = new MemoryStore();
  const say = async (texts: string[], clockMs: number): Promise<void> => {
    const environment = offline(service, 'ann');
    const now = (): number => environment.now() + clockMs;
    const chat = await connectTo(service, 'ann', { store, environment: { ...environment, now } });
    for (const text of texts) void chat.send({ to: 'bo', text }).catch(() => undefined);
    await service.time.run(1000);
    await chat.close();
  };
  await say(['one', 'two'], 3_600_000);
  await say(['three'], 0);
  await say(['four'], -3_600_000);
  expect(await textsIn(store)).toEqual(['one', 'two', 'three', 'four']);
});
