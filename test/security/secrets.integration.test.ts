import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, request, User } from '../support/chat.ts';

/** What must never be told: in logs and answers. */

let ann: User;
let bo: User;

beforeAll(async () => {
  [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
});

describe('the logs', () => {
  it('join a request, its queue message and its push by one trace id, and tell no text and no token', async () => {
    const traceId = 'feedfacefeedfacefeedfacefeedface';
    const secret = 'the text of the canary';
    const device = await bo.goOnline();
    const sent = await request<{ conversationId: string }>('POST', '/sendMessage', {
      body: { receiverId: bo.id, messageText: secret },
      token: ann.token,
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    await bo.historyWith(sent.body.conversationId, 1);
    await device.event('message.created', ({ message }) => message.messageText === secret);
    device.stop();
    const { logs } = inject('stack');
    const text = await eventually(async () => {
      const files = await Promise.all(
        (await readdir(logs)).map((file) => readFile(join(logs, file), 'utf8')),
      );
      const all = files.join('\n');
      return /"message.delivered".*feedface/.test(all) ? all : undefined;
    });
    const events = text.split('\n').filter((line) => line.includes(traceId));
    for (const event of ['message.accepted', 'message.delivered'])
      expect(events.some((line) => line.includes(`"${event}"`))).toBe(true);
    for (const leak of [secret, ann.token, bo.token, inject('stack').settings.AUTH_SIGNING_KEY ?? 'none'])
      expect(text).not.toContain(leak);
  });
});
