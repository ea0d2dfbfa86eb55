import { randomUUID } from 'node:crypto';
import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientEventHandler } from '../../functions/cloud-events/client-event.ts';
import { sendMessage } from '../../functions/messages/send-message.ts';
import { SharedKeyTokens } from '../../shared/adapters/jose/shared-key-tokens.ts';
import { MemoryAttachmentLooks } from '../../shared/adapters/memory/memory-attachment-looks.ts';
import { MemoryBlocks } from '../../shared/adapters/memory/memory-blocks.ts';
import { MemoryConversationLog } from '../../shared/adapters/memory/memory-conversation-log.ts';
import { conversationEnvelope, envelopeVersion } from '../../shared/contract/queue.ts';
import { sendMessageRequest } from '../../shared/contract/send-message.ts';
import { sendMessage as sendMessageCase } from '../../shared/use-cases/send-message.ts';
import { FakeAttachments, FakeOutbox, FakeTimer } from '../support/fakes.ts';
import { rounds, timeout } from './budget.ts';
import { derived } from './derive.ts';
import { anyValue, mutated } from './nasty.ts';

/** A message is judged alike however it comes: by HTTP, over a socket, and from the queue. */

const messageLimits = { maxMessageLength: 10_000, maxAttachmentBytes: 1_000_000 };

const tokens = new SharedKeyTokens(
  { signingKey: 'k3y-of-these-tests-2b7e151628aed2a6abf7158809cf4f3c', tokenMinutes: 60 },
  new FakeTimer(),
);
const { token } = await tokens.issue('ann');

const aChat = () => {
  const outbox = new FakeOutbox();
  const clock = new FakeTimer();
  const services = {
    authenticator: tokens,
    http: { maxBodyBytes: 1_000_000, trustedProxies: 0, allowedOrigins: [] },
    messageLimits,
    clock,
    sendMessage: sendMessageCase({
      ...{
        log: new MemoryConversationLog(),
        outbox,
        attachments: new FakeAttachments(),
        blocks: new MemoryBlocks(),
      },
      looks: new MemoryAttachmentLooks(),
      moderator: { review: () => Promise.resolve({ allowed: true as const }) },
      rateLimiter: { take: () => Promise.resolve() },
      directory: { find: (userId: string) => Promise.resolve(userId) },
      ...{ clock, newId: randomUUID },
    }),
    recordReceipt: () => Promise.resolve(),
    acknowledgeMessages: () => Promise.resolve(),
    showTyping: () => Promise.resolve(),
  };
  return { outbox, services };
};

interface Verdict {
  ok: boolean;
  code?: string | undefined;
  errors?: unknown;
}

const byHttp = async (services: ReturnType<typeof aChat>['services'], payload: unknown): Promise<Verdict> => {
  const request = new HttpRequest({
    method: 'POST',
    url: 'http://127.0.0.1/api/sendMessage',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: { string: JSON.stringify(payload) },
  });
  const context = new InvocationContext({ functionName: 'sendMessage', logHandler: () => undefined });
  const { status, body } = (await sendMessage(services).handler(request, context)) as HttpResponseInit;
  if (status === 202) return { ok: true };
  const { code, errors } = JSON.parse(typeof body === 'string' ? body : '{}') as {
    code?: string;
    errors?: unknown;
  };
  return { ok: false, code, errors };
};

const bySocket = async (
  services: ReturnType<typeof aChat>['services'],
  payload: unknown,
): Promise<Verdict> => {
  const { answer } = await clientEventHandler(services)({
    ...{
      name: 'message.send',
      userId: 'ann',
      data: payload,
      refusal: undefined,
      traceparent: '',
      eventId: 'e-1',
    },
  });
  if (answer.type !== 'ack') return { ok: false, code: answer.type };
  return answer.ok ? { ok: true } : { ok: false, code: answer.error?.code, errors: answer.error?.errors };
};

/** Nothing is wrong with these. */
const good = derived(sendMessageRequest(messageLimits)).map((draft) => ({
  ...(draft as object),
  ...{
    conversationId: undefined,
    senderId: undefined,
    attachmentId: undefined,
    receiverId: 'bo',
    messageText: 'hi',
  },
}));

const payloads = fc.oneof(
  { arbitrary: good, weight: 3 },
  derived(sendMessageRequest(messageLimits)),
  mutated(derived(sendMessageRequest(messageLimits))),
  mutated(
    fc.record(
      { ReceiverID: fc.constant('bo'), MessageText: fc.string({ unit: 'grapheme', minLength: 1 }) },
      { noNullPrototype: true },
    ),
  ),
  anyValue,
);

test('a message is judged alike by HTTP, over a socket and from the queue', { timeout }, () =>
  rounds('a message is judged alike', async (seed) => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(payloads, async (sent) => {
        const payload = JSON.parse(JSON.stringify(sent ?? null)) as unknown; // as both get it
        const chats = [aChat(), aChat()] as const;
        const [http, socket] = [
          await byHttp(chats[0].services, payload),
          await bySocket(chats[1].services, payload),
        ];
        expect(socket).toEqual(http);
        expect(http.code).not.toBe('internal-error');
        for (const { outbox } of chats) {
          expect(outbox.enqueued).toHaveLength(http.ok ? 1 : 0);
          for (const message of outbox.enqueued) {
            const envelope = { v: envelopeVersion, kind: 'message', traceparent: '', message };
            const { success } = conversationEnvelope.safeParse(JSON.parse(JSON.stringify(envelope)));
            expect(success).toBe(true);
          }
        }
        if (http.ok) accepted++;
      }),
      { seed, numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(50);
  }),
);
