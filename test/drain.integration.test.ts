import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from './support/chat.ts';
import { startTestStack } from './support/test-stack.ts';

interface Sent {
  messageId: string;
  conversationId: string;
}

const receivers = ['bo', 'cy', 'di', 'ed'];

it(
  'an app that is told to stop while people write ends what it began: all that was accepted is there, once, in order',
  { timeout: 120_000 },
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-drain-'));
    const stack = await startTestStack({ dataDir, storageInMemory: true });
    onTestFinished(() => stack.stop(), 30_000);
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('ann')
      .setExpirationTime('1h')
      .sign(Buffer.from(stack.settings.AUTH_SIGNING_KEY ?? ''));
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const api = `${stack.urls.functions}/api`;
    const accepted: Sent[] = [];
    let halfWay = (): void => undefined;
    const half = new Promise<void>((resolve) => (halfWay = resolve));
    /** Writes to one after the other, awaited, until nobody answers any more. */
    const write = async (receiverId: string): Promise<void> => {
      for (let n = 0; ; n++) {
        const body = JSON.stringify({ receiverId, messageText: `${n}` });
        const response = await fetch(`${api}/sendMessage`, { method: 'POST', headers, body }).catch(
          () => undefined,
        );
        if (response?.status !== 202) return;
        accepted.push((await response.json()) as Sent);
        if (accepted.length === 40) halfWay();
      }
    };
    const writing = Promise.all(receivers.map(write));
    await half;
    await stack.kill('functions', 'SIGTERM'); // resolves when the process has ended
    await writing;
    await stack.restart('functions');
    for (const conversationId of new Set(accepted.map((sent) => sent.conversationId))) {
      const ids = accepted
        .filter((sent) => sent.conversationId === conversationId)
        .map((sent) => sent.messageId);
      const found = await eventually(async () => {
        const answer = await fetch(`${api}/conversations/${conversationId}/messages?limit=200`, { headers });
        const { items = [] } = (await answer.json()) as { items?: Sent[] };
        return items.length >= ids.length ? items.map((item) => item.messageId) : undefined;
      });
      // What was sent last may have been accepted without its answer.
      expect(found.slice(0, ids.length)).toEqual(ids);
      expect(found.length - ids.length).toBeLessThanOrEqual(1);
      expect(new Set(found).size).toBe(found.length);
    }
    expect(accepted.length).toBeGreaterThanOrEqual(40);
  },
);
