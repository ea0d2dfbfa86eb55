import { describe, expect, it } from 'vitest';
import { MemoryWaitingEvents } from '../../../shared/adapters/memory/memory-waiting-events.ts';
import { MemoryWebhooks } from '../../../shared/adapters/memory/memory-webhooks.ts';
import { TableWaitingEvents } from '../../../shared/adapters/tables/table-waiting-events.ts';
import { TableWebhooks } from '../../../shared/adapters/tables/table-webhooks.ts';
import { messageSent } from '../../../shared/domain/chat-event.ts';
import { healthy, maxWebhooks } from '../../../shared/domain/webhook.ts';
import type { WaitingEvents } from '../../../shared/ports/waiting-events.ts';
import type { Webhooks } from '../../../shared/ports/webhooks.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aLoggedMessage, aUser, aWebhook } from '../../support/builders.ts';
import { FakeTimer } from '../../support/fakes.ts';

const { tables } = ownTables();

const secret = `whsec_${'a'.repeat(32)}`;

/** Table Storage has one list for all, so each test begins with none. */
const emptied = async (webhooks: Webhooks): Promise<Webhooks> => {
  for (const { webhookId } of await webhooks.list('now')) await webhooks.remove(webhookId);
  return webhooks;
};

describe.each<[string, () => Webhooks]>([
  ['in memory', () => new MemoryWebhooks()],
  ['in Table Storage', () => new TableWebhooks(tables, new FakeTimer())],
])('webhooks %s', (_, open) => {
  it('are given back as they were, oldest first, without their secrets', async () => {
    const webhooks = await emptied(open());
    const older = aWebhook({ createdAt: '2026-01-01T00:00:00.000Z', conversationId: 'd-1' });
    const newer = aWebhook({ createdAt: '2026-01-02T00:00:00.000Z', events: ['message.sent'] });
    await webhooks.add(older, secret);
    await webhooks.add(newer, secret);
    expect(await webhooks.list('now')).toEqual([older, newer]);
    expect(await webhooks.secretOf(newer.webhookId)).toBe(secret);
    expect(await webhooks.secretOf('w-none')).toBeUndefined();
  });

  it('know how it stands with their endpoints, and nothing of those that are gone', async () => {
    const webhooks = await emptied(open());
    const webhook = aWebhook();
    await webhooks.add(webhook, secret);
    const at = '2026-01-01T12:00:00.000Z';
    const failing = { status: 'failing', failingSince: at, lastError: { at, detail: 'no' } } as const;
    await webhooks.note(webhook.webhookId, failing);
    expect(await webhooks.list('cached')).toEqual([{ ...webhook, ...failing }]);
    await webhooks.note(webhook.webhookId, healthy);
    expect(await webhooks.list('cached')).toEqual([webhook]);
    expect(await webhooks.remove(webhook.webhookId)).toBe(true);
    expect(await webhooks.remove(webhook.webhookId)).toBe(false);
    await webhooks.note(webhook.webhookId, failing);
    expect(await webhooks.list('now')).toEqual([]);
  });

  it('are not more than there may be, also of many at once', async () => {
    const webhooks = await emptied(open());
    for (let i = 1; i < maxWebhooks; i++) await webhooks.add(aWebhook(), secret);
    const added = await Promise.allSettled([1, 2, 3].map(() => webhooks.add(aWebhook(), secret)));
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await webhooks.list('now')).toHaveLength(maxWebhooks);
    await expect(webhooks.add(aWebhook(), secret)).rejects.toMatchObject({ code: 'too-many-webhooks' });
  });
});

describe('the list of webhooks in Table Storage', () => {
  it('is asked for again when it is ten seconds old, whoever changed it', async () => {
    const timer = new FakeTimer();
    const webhooks = await emptied(new TableWebhooks(tables, timer));
    expect(await webhooks.list('cached')).toEqual([]);
    const webhook = aWebhook();
    await new TableWebhooks(tables, timer).add(webhook, secret);
    timer.advance(4000);
    expect(await webhooks.list('cached')).toEqual([]);
    timer.advance(6000);
    expect(await webhooks.list('cached')).toEqual([webhook]);
  });
});

describe.each<[string, () => WaitingEvents]>([
  ['in memory', () => new MemoryWaitingEvents()],
  ['in Table Storage', () => new TableWaitingEvents(tables)],
])('waiting events %s', (_, open) => {
  const wakeUp = { wakeId: 'k-1', at: '2026-01-01T12:00:05.000Z', tries: 1 };
  const kept = (seq: number, messageText = 'Hello') => ({
    event: messageSent(aLoggedMessage({ seq, messageText }), 2),
    traceparent: '',
    keptAt: '2026-01-01T12:00:00.000Z',
  });
  const aLane = () => ({ webhookId: aUser('w'), conversationId: 'd-1' });

  it('keep their order, their content and when to look again', async () => {
    const waiting = open();
    const name = aLane();
    expect(await waiting.find(name)).toBeUndefined();
    const events = [kept(1), kept(2, '"\u0001😀\n'.repeat(2500)), kept(3)] as const;
    await waiting.open(name, events[0], wakeUp);
    for (const event of events.slice(1)) {
      const lane = await waiting.find(name);
      if (lane) await waiting.append(lane, event);
    }
    const lane = await waiting.find(name);
    if (!lane) throw new Error('There is no lane.');
    expect(lane).toMatchObject({ ...name, wakeUp, lastEventId: events[2].event.id });
    const first = await waiting.first(lane, 2);
    expect(first.map(({ place: _place, ...rest }) => rest)).toEqual(events.slice(0, 2));
    await waiting.settle(
      lane,
      first.map(({ place }) => place),
      { ...wakeUp, wakeId: 'k-2' },
    );
    const left = await waiting.find(name);
    expect(left?.wakeUp.wakeId).toBe('k-2');
    expect((await waiting.first(left ?? lane, 10)).map(({ event }) => event)).toEqual([events[2].event]);
  });

  it('begin anew when none is left', async () => {
    const waiting = open();
    const name = aLane();
    for (const seq of [1, 2]) {
      await waiting.open(name, kept(seq), wakeUp);
      const lane = await waiting.find(name);
      if (!lane) throw new Error('There is no lane.');
      expect((await waiting.first(lane, 10)).map(({ event }) => event.data.seq)).toEqual([seq]);
      await waiting.settle(lane, [1], null);
      expect(await waiting.find(name)).toBeUndefined();
    }
  });

  it('let of two who look at once one go on', async () => {
    const waiting = open();
    const name = aLane();
    await waiting.open(name, kept(1), wakeUp);
    const lane = await waiting.find(name);
    if (!lane) throw new Error('There is no lane.');
    await waiting.append(lane, kept(2));
    await expect(waiting.settle(lane, [1], null)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(waiting.append(lane, kept(3))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(waiting.open(name, kept(4), wakeUp)).rejects.toMatchObject({ code: 'unavailable' });
    const now = await waiting.find(name);
    expect((await waiting.first(now ?? lane, 10)).map(({ event }) => event.data.seq)).toEqual([1, 2]);
  });
});
