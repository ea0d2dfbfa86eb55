import { expect, it } from 'vitest';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryInbox } from '../../../shared/adapters/memory/memory-inbox.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { acknowledgeInbox } from '../../../shared/use-cases/acknowledge-inbox.ts';
import { readInbox } from '../../../shared/use-cases/read-inbox.ts';
import { rejectMessage } from '../../../shared/use-cases/reject-message.ts';
import { anAcceptedMessage } from '../../support/builders.ts';
import { FakeBroadcaster, FakeTimer } from '../../support/fakes.ts';

const message = anAcceptedMessage({ from: 'ann', to: 'bo' });
const { conversationId, clientMessageId } = message;

const aSender = () => {
  const parts = {
    log: new MemoryConversationLog(),
    inbox: new MemoryInbox(),
    presence: new MemoryPresence(),
    broadcaster: new FakeBroadcaster(),
    clock: new FakeTimer(),
  };
  const acknowledge = acknowledgeInbox(parts);
  return {
    ...parts,
    reject: rejectMessage(parts),
    read: () => readInbox(parts)('ann', 100, undefined),
    acknowledge: (inboxIds: string[]) => acknowledge('ann', inboxIds),
  };
};

it('a refusal is told, and waits in the inbox of its sender, who may be in no such conversation, until taken out', async () => {
  const { reject, read, acknowledge, broadcaster, clock } = aSender();
  await reject(message, 'blocked');
  const at = clock.now().toISOString();
  const { items } = await read();
  expect(items).toMatchObject([{ rejected: { conversationId, clientMessageId, code: 'blocked', at } }]);
  const [{ inboxId } = { inboxId: '' }] = items;
  expect(broadcaster.pushed).toEqual([
    {
      to: 'ann',
      event: { type: 'message.rejected', at, conversationId, clientMessageId, code: 'blocked', inboxId },
    },
  ]);
  expect(await acknowledge([inboxId])).toBe(1);
  expect((await read()).items).toEqual([]);
});

it('a refusal that could not be pushed is in the inbox; told again it is there once', async () => {
  const { reject, read, broadcaster, clock } = aSender();
  broadcaster.isDown = true;
  await reject(message, 'blocked');
  clock.advance(1000);
  await reject(message, 'blocked');
  expect((await read()).items).toHaveLength(1);
});
