import type { ServiceBusMessage } from '@azure/service-bus';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { BatchingSender } from '../../../../shared/adapters/service-bus/batching-sender.ts';

/** Transfers that end when they are told to. */
class Transfers {
  readonly batches: ServiceBusMessage[][] = [];
  readonly #ends: ((error?: Error) => void)[] = [];
  #begun: () => void = () => undefined;

  readonly transfer = (messages: ServiceBusMessage[]): Promise<void> => {
    this.batches.push(messages);
    const ended = new Promise<void>((resolve, reject) => {
      this.#ends.push((error) => (error ? reject(error) : resolve()));
    });
    this.#begun();
    return ended;
  };

  /** Ends the longest-running one. */
  end(error?: Error): void {
    this.#ends.shift()?.(error);
  }

  /** Waits until so many have begun. */
  async begun(count: number): Promise<void> {
    while (this.batches.length < count) await new Promise<void>((resolve) => (this.#begun = resolve));
  }
}

const textOf = ({ body }: ServiceBusMessage): unknown => JSON.parse((body as Buffer).toString());
const unavailable = { name: 'ChatError', code: 'unavailable', retryAfterSeconds: 1 };

/** A sender whose four transfers are all under way. */
const aBusySender = async (
  transfers: Transfers,
  options: { maxWaitMs: number; maxWaitingBytes?: number },
) => {
  const sender = new BatchingSender(transfers.transfer, options);
  const first: Promise<void>[] = [];
  for (let count = 1; count <= 4; count++) {
    first.push(sender.send({ body: `first ${count}` }));
    await transfers.begun(count);
  }
  return { sender, first };
};

describe('a sender of batches', () => {
  test('sends what comes at once together, in its order, as JSON', async () => {
    const transfers = new Transfers();
    const sender = new BatchingSender(transfers.transfer, { maxWaitMs: 60_000 });
    const sent = Promise.all(['a', 'b', { c: 'ü' }].map((body) => sender.send({ body, messageId: 'm' })));
    await transfers.begun(1);
    transfers.end();
    await sent;
    expect(transfers.batches.map((batch) => batch.map(textOf))).toEqual([['a', 'b', { c: 'ü' }]]);
    expect(transfers.batches[0]?.[0]?.messageId).toBe('m');
  });

  test.each([
    ['a hundred messages', 'small', 250, [100, 100, 50]],
    ['the size that Service Bus takes', 'é'.repeat(40_000), 5, [2, 2, 1]],
    ['one message, however large', 'x'.repeat(250_000), 2, [1, 1]],
  ])('keeps batches to %s', async (_, body, count, sizes) => {
    const transfers = new Transfers();
    const sender = new BatchingSender(transfers.transfer, { maxWaitMs: 60_000 });
    const sent = Promise.all(Array.from({ length: count }, () => sender.send({ body })));
    await transfers.begun(sizes.length);
    for (const _size of sizes) transfers.end();
    await sent;
    expect(transfers.batches.map(({ length }) => length)).toEqual(sizes);
  });

  test('lets each message share the fate of its batch only', async () => {
    const transfers = new Transfers();
    const { sender, first } = await aBusySender(transfers, { maxWaitMs: 60_000 });
    const next = sender.send({ body: 'next' });
    const gone = new Error('gone');
    transfers.end(gone);
    await expect(first[0]).rejects.toBe(gone);
    for (let count = 0; count < 4; count++) transfers.end();
    await transfers.begun(5);
    transfers.end();
    await Promise.all([...first.slice(1), next]);
  });

  test('refuses at once what it has no room for, and takes more when there is room again', async () => {
    const transfers = new Transfers();
    const { sender, first } = await aBusySender(transfers, { maxWaitMs: 60_000, maxWaitingBytes: 5000 });
    const waiting = [1, 2, 3, 4].map((body) => sender.send({ body }));
    await expect(sender.send({ body: 5 })).rejects.toMatchObject(unavailable);
    transfers.end();
    await transfers.begun(5);
    expect(transfers.batches[4]?.map(textOf)).toEqual([1, 2, 3, 4]);
    const late = sender.send({ body: 6 });
    for (let count = 0; count < 4; count++) transfers.end();
    await transfers.begun(6);
    transfers.end();
    await Promise.all([...first, ...waiting, late]);
  });

  test('refuses what has waited for too long behind transfers that do not come back', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const transfers = new Transfers();
    const { sender, first } = await aBusySender(transfers, { maxWaitMs: 1000 });
    const waiting = sender.send({ body: 'stale' });
    vi.advanceTimersByTime(1001);
    const late = sender.send({ body: 'fresh' });
    transfers.end();
    await expect(waiting).rejects.toMatchObject(unavailable);
    await transfers.begun(5);
    expect(transfers.batches[4]?.map(textOf)).toEqual(['fresh']);
    for (let count = 0; count < 4; count++) transfers.end();
    await Promise.all([...first, late]);
  });
});
