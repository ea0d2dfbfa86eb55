import { describe, expect, it, vi } from 'vitest';
import { conversationEnvelope } from '../../../shared/contract/queue.ts';
import { ChatError, PermanentFailure } from '../../../shared/domain/errors.ts';
import { workOff } from '../../../shared/use-cases/work-off.ts';
import { anAcceptedMessage } from '../../support/builders.ts';
import { FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const envelope = { v: 1, kind: 'message', ...tracing, message: anAcceptedMessage({ from: 'ann', to: 'bo' }) };

const aWorker = (handle: () => Promise<string>, refused?: () => Promise<void>) => {
  const outbox = new FakeOutbox();
  const timer = new FakeTimer();
  const work = workOff({ outbox, timer, random: () => 0.5 }, conversationEnvelope, {
    handle,
    ...(refused && { refused }),
  });
  return { work, outbox, timer };
};

describe('working off the queue', () => {
  it.each([
    ['nothing', undefined],
    ['text', 'hello'],
    ['another version', { ...envelope, v: 2 }],
    ['a part missing', { ...envelope, message: { ...envelope.message, senderId: undefined } }],
  ])('parks %s with its reason, and goes on', async (_, body) => {
    const handle = vi.fn(() => Promise.resolve('done'));
    const { work, outbox } = aWorker(handle);
    expect(await work(body)).toMatchObject({ parked: true, code: 'malformed-envelope' });
    expect(outbox.parked).toEqual([{ body, code: 'malformed-envelope' }]);
    expect(handle).not.toHaveBeenCalled();
  });

  it('parks what is refused for good, without trying again, and tells the sender', async () => {
    const handle = vi.fn(() => Promise.reject(new ChatError('not-found', 'gone')));
    const refused = vi.fn(() => Promise.resolve());
    const { work, outbox } = aWorker(handle, refused);
    expect(await work(envelope)).toMatchObject({ parked: true, code: 'not-found', ...tracing });
    expect(outbox.parked).toEqual([{ body: envelope, code: 'not-found' }]);
    expect(handle).toHaveBeenCalledTimes(1);
    expect(refused).toHaveBeenCalledTimes(1);
  });

  it('parks what can never succeed, and tells the sender no more than that', async () => {
    const handle = vi.fn(() => Promise.reject(new PermanentFailure('Storage refuses this: TooLarge')));
    const refused = vi.fn(() => Promise.resolve());
    const { work, outbox } = aWorker(handle, refused);
    expect(await work(envelope)).toMatchObject({
      parked: true,
      code: 'internal-error',
      detail: 'Storage refuses this: TooLarge',
    });
    expect(outbox.parked).toEqual([{ body: envelope, code: 'internal-error' }]);
    expect(handle).toHaveBeenCalledTimes(1);
    expect(refused).toHaveBeenCalledWith(envelope, 'internal-error');
  });

  it('gives the message back when its sender cannot be told, and parks it once the sender knows', async () => {
    let isAway = true;
    const refused = vi.fn(() =>
      isAway ? Promise.reject(new ChatError('unavailable', 'storage is away')) : Promise.resolve(),
    );
    const { work, outbox } = aWorker(() => Promise.reject(new ChatError('not-found', 'gone')), refused);
    await expect(work(envelope)).rejects.toMatchObject({ code: 'unavailable' });
    expect(refused.mock.calls.length).toBeGreaterThan(1);
    expect(outbox.parked).toEqual([]);
    isAway = false;
    expect(await work(envelope)).toMatchObject({ parked: true, code: 'not-found' });
    expect(outbox.parked).toHaveLength(1);
  });

  it('tries again what fails for the moment', async () => {
    let tries = 0;
    const { work, outbox } = aWorker(() =>
      ++tries < 4 ? Promise.reject(new ChatError('unavailable', 'down')) : Promise.resolve('done'),
    );
    expect(await work(envelope)).toEqual({ parked: false, result: 'done', ...tracing });
    expect(outbox.parked).toEqual([]);
  });

  it('gives the message back to the queue after half a minute, and loses nothing', async () => {
    const { work, outbox, timer } = aWorker(() => Promise.reject(new Error('bug')));
    await expect(work(envelope)).rejects.toThrow('bug');
    expect(timer.slept).toBeLessThanOrEqual(30_000);
    expect(timer.slept).toBeGreaterThan(5_000);
    expect(outbox.parked).toEqual([]);
  });

  it('gives the message back when it cannot be parked', async () => {
    const { work, outbox } = aWorker(() => Promise.resolve('done'));
    outbox.isDown = true;
    await expect(work('nonsense')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
