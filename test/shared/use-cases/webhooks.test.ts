import { describe, expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryWaitingEvents } from '../../../shared/adapters/memory/memory-waiting-events.ts';
import { MemoryWebhooks } from '../../../shared/adapters/memory/memory-webhooks.ts';
import { messageSent } from '../../../shared/domain/chat-event.ts';
import { EndpointGate } from '../../../shared/domain/endpoint-gate.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import type { Webhook } from '../../../shared/domain/webhook.ts';
import type { CallOutcome, WebhookCall } from '../../../shared/ports/webhook-endpoint.ts';
import type { WebhookTask } from '../../../shared/ports/webhook-tasks.ts';
import { callWebhook } from '../../../shared/use-cases/call-webhook.ts';
import { createWebhook } from '../../../shared/use-cases/create-webhook.ts';
import { deleteWebhook } from '../../../shared/use-cases/delete-webhook.ts';
import { deliverWebhookEvent, wakeWebhook } from '../../../shared/use-cases/deliver-webhook.ts';
import { fanOutEvent } from '../../../shared/use-cases/fan-out-event.ts';
import { continueReplay, replayWebhook } from '../../../shared/use-cases/replay-webhook.ts';
import { aCaller, aLoggedMessage, anAcceptedMessage, aWebhook } from '../../support/builders.ts';
import { FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const day = 24 * 3_600_000;
const conversationId = `d-${'x'.repeat(24)}`;
const admin = aCaller('operator', 'admin');
const refused = (status: number | undefined, retryAfterSeconds?: number): CallOutcome => ({
  isDelivered: false,
  detail: `no: ${status}`,
  status,
  retryAfterSeconds,
});

/** Webhooks with endpoints that answer as told, and a queue whose tasks are done when they are due. */
const aDeployment = () => {
  const clock = new FakeTimer();
  const [webhooks, waiting, outbox] = [new MemoryWebhooks(), new MemoryWaitingEvents(), new FakeOutbox()];
  const log = new MemoryConversationLog();
  const queue: { task: WebhookTask; at: number }[] = [];
  const got: { url: string; seq: number; id: string; body: string }[] = [];
  const answers = new Map<string, (seq: number) => CallOutcome>();
  const endpoint = {
    refusalOf: () => undefined,
    call: ({ url, headers, body }: WebhookCall): Promise<CallOutcome> => {
      const { seq } = (JSON.parse(body) as { data: { seq: number } }).data;
      got.push({ url, seq, id: headers['webhook-id'] ?? '', body });
      return Promise.resolve(answers.get(url)?.(seq) ?? { isDelivered: true });
    },
  };
  const tasks = {
    enqueue: (task: WebhookTask, _: unknown, at?: Date) => {
      queue.push({ task, at: (at ?? clock.now()).getTime() });
      return Promise.resolve();
    },
  };
  const parts = {
    audit: new MemoryAudit(),
    ...{ webhooks, waiting, outbox, log, tasks, endpoint, clock, random: () => 0.5 },
    ...{ giveUpMs: 3 * day, tellsEvents: true },
    call: callWebhook({ webhooks, endpoint, gate: new EndpointGate(), clock }),
  };
  const run = (task: WebhookTask) => {
    if (task.kind === 'event') return deliverWebhookEvent(parts)(task, tracing);
    return task.kind === 'wake' ? wakeWebhook(parts)(task, tracing) : continueReplay(parts)(task, tracing);
  };
  return {
    ...{ parts, clock, webhooks, waiting, outbox, log, queue, answers, run },
    add: async (rest: Partial<Webhook> = {}) => {
      const webhook = aWebhook(rest);
      await webhooks.add(webhook, `whsec_${'a'.repeat(32)}`);
      return webhook;
    },
    happens: (seq: number) =>
      fanOutEvent(parts)(messageSent(aLoggedMessage({ seq, conversationId }), 2), tracing),
    /** Does what falls due within a time, in its order. */
    pass: async (ms: number) => {
      const end = clock.now().getTime() + ms;
      for (;;) {
        queue.sort((a, b) => a.at - b.at);
        const [next] = queue;
        if (!next || next.at > end) break;
        queue.shift();
        clock.advance(Math.max(0, next.at - clock.now().getTime()));
        await run(next.task);
      }
      clock.advance(end - clock.now().getTime());
    },
    seqsTo: (url: string) => got.filter((call) => call.url === url).map(({ seq }) => seq),
    got,
    health: async (url: string) => (await webhooks.list()).find((webhook) => webhook.url === url),
  };
};

const [bad, good] = ['https://bad.example/', 'https://good.example/'];

describe('an event', () => {
  it('goes to the webhooks that want it, and to no others', async () => {
    const { add, happens, pass, seqsTo } = aDeployment();
    await add({ url: good });
    await add({ url: 'https://types.example/', events: ['message.deleted'] });
    await add({ url: 'https://other.example/', conversationId: 'd-other' });
    await add({ url: 'https://off.example/', status: 'disabled' });
    expect(await happens(1)).toBe(1);
    await pass(0);
    expect(seqsTo(good)).toEqual([1]);
  });

  it('that fails makes those behind it wait, in order, and nobody else', async () => {
    const { add, happens, pass, seqsTo, answers, health } = aDeployment();
    await add({ url: bad });
    await add({ url: good });
    let isDown = true;
    answers.set(bad, () => (isDown ? refused(500) : { isDelivered: true }));
    for (const seq of [1, 2, 3]) {
      await happens(seq);
      await pass(0);
    }
    expect(seqsTo(good)).toEqual([1, 2, 3]);
    expect(seqsTo(bad)).toEqual([1]);
    expect(await health(bad)).toMatchObject({ status: 'failing', lastError: { detail: 'no: 500' } });
    await pass(5000);
    expect(seqsTo(bad)).toEqual([1, 1]);
    isDown = false;
    await pass(30_000);
    expect(seqsTo(bad)).toEqual([1, 1, 1, 2, 3]);
    expect(await health(bad)).toMatchObject({ status: 'active', failingSince: null, lastError: null });
    await happens(4);
    await pass(0);
    expect(seqsTo(bad).at(-1)).toBe(4);
  });

  it('is tried less and less often, and not before the endpoint wants it', async () => {
    const { add, happens, pass, seqsTo, answers, clock } = aDeployment();
    await add({ url: bad });
    answers.set(bad, () => refused(503, 600));
    await happens(1);
    const start = clock.now().getTime();
    await pass(599_000);
    expect(seqsTo(bad)).toEqual([1]);
    await pass(day);
    expect(seqsTo(bad).length).toBeLessThan((clock.now().getTime() - start) / 3_600_000 + 6);
  });

  it('that the queue brings twice is kept once', async () => {
    const { add, happens, answers, pass, queue, seqsTo, run } = aDeployment();
    await add({ url: bad });
    let isDown = true;
    answers.set(bad, () => (isDown ? refused(500) : { isDelivered: true }));
    await happens(1);
    await pass(0);
    await happens(2);
    const second = queue.find(({ task }) => task.kind === 'event')?.task;
    await pass(0);
    if (second) await run(second);
    isDown = false;
    await pass(60_000);
    expect(seqsTo(bad)).toEqual([1, 1, 2]);
  });

  it('is sent again when the worker dies between the wake-up and the lane, with nothing lost', async () => {
    const { add, happens, answers, pass, queue, seqsTo, waiting, run } = aDeployment();
    await add({ url: bad });
    let isDown = true;
    answers.set(bad, () => (isDown ? refused(500) : { isDelivered: true }));
    await happens(1);
    const task = queue[0]?.task;
    const open = waiting.open.bind(waiting);
    waiting.open = () => Promise.reject(new Error('killed'));
    await expect(pass(0)).rejects.toThrow('killed');
    waiting.open = open;
    if (task) await run(task);
    isDown = false;
    await pass(60_000);
    expect(seqsTo(bad)).toEqual([1, 1, 1]); // the leftover wake-up did nothing
  });

  it('is parked after days, with all that is as old, and the endpoint left alone', async () => {
    const { add, happens, answers, pass, outbox, health, seqsTo } = aDeployment();
    await add({ url: bad });
    answers.set(bad, () => refused(undefined));
    for (const seq of [1, 2]) {
      await happens(seq);
      await pass(0);
    }
    await pass(2 * day);
    await happens(3);
    await pass(day + 3 * 3_600_000);
    expect(outbox.parked.map(({ code }) => code)).toEqual([
      'webhook-failed',
      'webhook-failed',
      'webhook-disabled',
    ]);
    expect(await health(bad)).toMatchObject({ status: 'disabled', lastError: { detail: 'no: undefined' } });
    const calls = seqsTo(bad).length;
    expect(await happens(4)).toBe(0);
    await pass(day);
    expect(seqsTo(bad)).toHaveLength(calls);
  });

  it('that an endpoint refuses for days, while it takes others, is parked alone', async () => {
    const { add, happens, answers, pass, outbox, health, seqsTo, parts } = aDeployment();
    await add({ url: bad });
    answers.set(bad, (seq) => (seq === 1 ? refused(400) : { isDelivered: true }));
    await happens(1);
    await pass(0);
    await happens(2);
    const elsewhere = aLoggedMessage({ seq: 7, conversationId: 'd-elsewhere' });
    for (let hours = 0; hours < 75; hours++) {
      await fanOutEvent(parts)(messageSent({ ...elsewhere, messageId: `m-${hours}` }, 2), tracing);
      await pass(3_600_000);
    }
    expect(outbox.parked).toMatchObject([
      { code: 'webhook-failed', body: { task: { event: { data: { seq: 1 } } } } },
    ]);
    expect(seqsTo(bad).filter((seq) => seq === 2)).toHaveLength(1);
    expect(await health(bad)).toMatchObject({ status: 'active' });
  });

  it('is not sent any more to who says to be gone, or was deleted', async () => {
    const { add, happens, answers, pass, health, outbox, webhooks, waiting } = aDeployment();
    await add({ url: bad });
    answers.set(bad, () => refused(410));
    await happens(1);
    await pass(3600_000);
    expect(await health(bad)).toMatchObject({ status: 'disabled' });
    expect(outbox.parked).toMatchObject([{ code: 'webhook-disabled' }]);
    const { webhookId } = await add({ url: good });
    answers.set(good, () => refused(500));
    await happens(2);
    await pass(0);
    await webhooks.remove(webhookId);
    await pass(3600_000);
    expect(await waiting.find({ webhookId, conversationId })).toBeUndefined();
    expect(outbox.parked).toHaveLength(1);
  });
});

describe('a replay', () => {
  const id = directConversationId('ann', 'bo');
  const aHistory = async (count: number) => {
    const deployment = aDeployment();
    for (let i = 0; i < count; i++)
      await deployment.log.append(anAcceptedMessage({ from: 'ann', to: 'bo' }), deployment.clock.now());
    return { ...deployment, replay: replayWebhook(deployment.parts) };
  };
  const ask = (fromSeq?: number) => () => Promise.resolve({ conversationId: id, fromSeq });

  it('sends a conversation from a place on, step by step, and goes on where it failed', async () => {
    const { replay, add, pass, seqsTo, answers, queue, got } = await aHistory(120);
    const { webhookId } = await add({ url: bad });
    let failures = 0;
    answers.set(bad, (seq) => (seq === 60 && failures++ < 2 ? refused(500) : { isDelivered: true }));
    const answer = await replay(admin, webhookId, ask(11), tracing);
    expect(answer).toMatchObject({ fromSeq: 11, toSeq: 120 });
    expect(queue).toHaveLength(1);
    await pass(3600_000);
    const expected = Array.from({ length: 110 }, (_, i) => i + 11);
    expect(seqsTo(bad).filter((seq, i, all) => seq !== all[i - 1])).toEqual(expected);
    expect(seqsTo(bad)).toHaveLength(112);
    const first = got.find(({ seq }) => seq === 11);
    await replay(admin, webhookId, ask(11), tracing);
    await pass(0);
    expect(got.filter(({ seq }) => seq === 11).map((call) => call.id)).toEqual([first?.id, first?.id]);
  });

  it('tells nothing of what has expired but its place', async () => {
    const { replay, add, pass, got, log, clock } = await aHistory(0);
    const { webhookId } = await add({ url: good });
    const expiresAt = new Date(clock.now().getTime() + 1000).toISOString();
    const secret = anAcceptedMessage({ from: 'ann', to: 'bo', messageText: 'for a second', expiresAt });
    await log.append(secret, clock.now());
    clock.advance(2000);
    await replay(admin, webhookId, ask(), tracing);
    await pass(0);
    expect(got).toMatchObject([{ url: good, seq: 1 }]);
    expect(got[0]?.body).not.toContain('for a second');
  });

  it('switches a disabled webhook on again, and is parked when it fails for days', async () => {
    const { replay, add, pass, answers, outbox, health } = await aHistory(1);
    const { webhookId } = await add({ url: bad, status: 'disabled' });
    answers.set(bad, () => refused(500));
    await replay(admin, webhookId, ask(), tracing);
    expect(await health(bad)).toMatchObject({ status: 'active' });
    await pass(4 * day);
    expect(outbox.parked).toMatchObject([
      { code: 'webhook-failed', body: { task: { fromSeq: 1, toSeq: 1 } } },
    ]);
  });

  it('is for admins, of webhooks and conversations that are there and belong together', async () => {
    const { replay, add } = await aHistory(1);
    const { webhookId } = await add({ conversationId });
    const stranger = aCaller('ann', 'member');
    await expect(replay(stranger, webhookId, ask(), tracing)).rejects.toMatchObject({
      code: 'not-permitted',
    });
    await expect(replay(admin, 'w-none', ask(), tracing)).rejects.toMatchObject({ code: 'not-found' });
    await expect(replay(admin, webhookId, ask(), tracing)).rejects.toMatchObject({
      code: 'malformed-request',
    });
    const gone = () => Promise.resolve({ conversationId });
    await expect(replay(admin, webhookId, gone, tracing)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('creating a webhook', () => {
  it('is refused where there are no events, and to all but admins before their request is read', async () => {
    const { parts } = aDeployment();
    const unread = () => Promise.reject(new Error('was read'));
    const create = createWebhook(parts);
    await expect(create(aCaller('ann'), unread)).rejects.toMatchObject({
      code: 'not-permitted',
    });
    await expect(createWebhook({ ...parts, tellsEvents: false })(admin, unread)).rejects.toMatchObject({
      code: 'events-disabled',
    });
  });
});

describe('what admins do to webhooks', () => {
  it('is kept for operators, before it is done', async () => {
    const { parts, clock, log } = aDeployment();
    const webhooks = parts.webhooks;
    await log.append(anAcceptedMessage({ from: 'ann', to: 'bo' }), clock.now());
    const pair = directConversationId('ann', 'bo');
    const request = { url: good, events: undefined, conversationId: undefined, secret: undefined };
    const { webhook } = await createWebhook(parts)(admin, () => Promise.resolve(request));
    const { webhookId } = webhook;
    clock.advance(1000);
    await replayWebhook(parts)(admin, webhookId, () => Promise.resolve({ conversationId: pair }), tracing);
    clock.advance(1000);
    const remove = deleteWebhook({ ...parts, newId: () => 'one' });
    const down = { record: () => Promise.reject(new ChatError('unavailable', 'down')) };
    await expect(
      deleteWebhook({ ...parts, audit: down, newId: () => 'one' })(admin, webhookId),
    ).rejects.toMatchObject({ code: 'unavailable' });
    expect(await webhooks.list()).toHaveLength(1);
    await remove(admin, webhookId);
    const kept = await parts.audit.list({ from: new Date(0), to: clock.now(), limit: 10 });
    expect(kept.map(({ action, actorId, webhookId: id }) => [action, actorId, id])).toEqual(
      ['webhook.deleted', 'webhook.replayed', 'webhook.created'].map((action) => [
        action,
        'operator',
        webhookId,
      ]),
    );
    await expect(remove(admin, webhookId)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the gate before an endpoint', () => {
  it('leaves a dead endpoint one call at a time, less and less often, until it answers', () => {
    const gate = new EndpointGate();
    for (let i = 0; i < 16; i++) expect(gate.begin('w', 0)).toEqual({ mayCall: true });
    expect(gate.begin('w', 0)).toMatchObject({ mayCall: false });
    expect(gate.begin('another', 0)).toEqual({ mayCall: true });
    for (let i = 0; i < 16; i++) gate.end('w', false, 10_000);
    expect(gate.begin('w', 10_001)).toMatchObject({ mayCall: false });
    const later = 10_000 + 5 * 60_000;
    expect(gate.begin('w', later)).toEqual({ mayCall: true });
    expect(gate.begin('w', later)).toMatchObject({ mayCall: false });
    gate.end('w', true, later);
    for (let i = 0; i < 16; i++) expect(gate.begin('w', later)).toEqual({ mayCall: true });
  });
});
