import { afterEach, describe, expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryExpiries } from '../../../shared/adapters/memory/memory-expiries.ts';
import { MemoryInbox } from '../../../shared/adapters/memory/memory-inbox.ts';
import { MemoryMessageSearch } from '../../../shared/adapters/memory/memory-message-search.ts';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { ConversationHeads } from '../../../shared/adapters/tables/conversation-heads.ts';
import { TableChangeLog } from '../../../shared/adapters/tables/table-change-log.ts';
import { TableConversationLog } from '../../../shared/adapters/tables/table-conversation-log.ts';
import { TableExpiries } from '../../../shared/adapters/tables/table-expiries.ts';
import { TableInbox } from '../../../shared/adapters/tables/table-inbox.ts';
import { TableMessageSearch } from '../../../shared/adapters/tables/table-message-search.ts';
import type { MessageAction } from '../../../shared/domain/change.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { attachmentIdOf, changeIdOf } from '../../../shared/domain/identifiers.ts';
import type { AcceptedMessage } from '../../../shared/domain/message.ts';
import { applyChange } from '../../../shared/use-cases/apply-change.ts';
import { deliverMessage } from '../../../shared/use-cases/deliver-message.ts';
import { purgeMessages } from '../../../shared/use-cases/purge-messages.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aGroup, anAcceptedMessage, anAttachmentRecord, aUser } from '../../support/builders.ts';
import {
  FakeAttachments,
  FakeBroadcaster,
  FakeEventFeed,
  FakeOutbox,
  FakeTimer,
  tracing,
} from '../../support/fakes.ts';

const { tables } = ownTables();

// What one test notes is due in the next one.
afterEach(async () => {
  const expiries = new TableExpiries(tables);
  for await (const page of expiries.due(new Date('9999-01-01T00:00:00.000Z'))) await expiries.done(page);
});

const inMemory = () => {
  const log = new MemoryConversationLog();
  return {
    ...{ log, changes: new MemoryChangeLog(log), inbox: new MemoryInbox() },
    ...{ expiries: new MemoryExpiries(), search: new MemoryMessageSearch(log) },
  };
};

const inTables = () => {
  const heads = new ConversationHeads(tables);
  const log = new TableConversationLog(tables, heads);
  return {
    ...{ log, changes: new TableChangeLog(tables, heads), inbox: new TableInbox(tables) },
    ...{ expiries: new TableExpiries(tables), search: new TableMessageSearch(tables, log) },
  };
};

/** Everything that stands in the tables. */
const allRows = async (): Promise<string> => {
  const rows: unknown[] = [];
  for (const table of Object.values(tables)) for await (const row of table.listEntities()) rows.push(row);
  return JSON.stringify(rows);
};

const [minute, day] = [60_000, 86_400_000];

describe.each([
  ['in memory', inMemory],
  ['in Table Storage', inTables],
])('what is over, %s,', (_, open) => {
  const aPair = () => {
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const parts = {
      ...open(),
      audit: new MemoryAudit(),
      presence: new MemoryPresence(),
      broadcaster: new FakeBroadcaster(),
      attachments: new FakeAttachments(),
      outbox: new FakeOutbox(),
      events: new FakeEventFeed(),
      blocks: new MemoryBlocks(),
      clock: new FakeTimer(),
      inboxGroupSize: 100,
      maxMembers: 10,
      restoreDays: 30,
    };
    const { clock, log, inbox } = parts;
    const inMs = (ms: number): string => new Date(clock.now().getTime() + ms).toISOString();
    const say = (messageText: string, rest: Partial<AcceptedMessage> = {}) =>
      deliverMessage(parts)(
        anAcceptedMessage({ from: ann, to: bo, messageText, acceptedAt: inMs(0), ...rest }),
        tracing,
      );
    let count = 0;
    const ask = (userId: string, conversationId: string, action: MessageAction) =>
      applyChange(parts)(
        {
          changeId: changeIdOf(conversationId, userId, `k${count++}`),
          ...{ conversationId, userId, acceptedAt: inMs(0), action },
        },
        tracing,
      );
    const { conversationId } = anAcceptedMessage({ from: ann, to: bo });
    return {
      ...{ ...parts, parts, ann, bo, conversationId, inMs, say, ask },
      purge: purgeMessages(parts),
      texts: async () =>
        (await log.read(conversationId, { from: 1, to: 100 })).map(({ messageText }) => messageText),
      kept: async () => (await inbox.list(bo, 100, undefined)).length,
    };
  };

  it('is taken away when a message has expired, and what has not is kept', async () => {
    const { say, purge, texts, inMs, clock, kept, log, conversationId } = aPair();
    await say('for ever');
    await say('an hour', { expiresAt: inMs(60 * minute) });
    await say('a minute', { expiresAt: inMs(minute) });
    clock.advance(minute);
    expect(await purge()).toEqual({ purged: 0, errors: [] });
    clock.advance(minute + 1);
    expect(await purge()).toEqual({ purged: 1, errors: [] });
    expect(await texts()).toEqual(['for ever', 'an hour', null]);
    expect(await kept()).toBe(2);
    expect(await log.head(conversationId)).toMatchObject({ headRev: 0, lastMessage: { messageText: null } });
    expect(await purge()).toEqual({ purged: 0, errors: [] });
  });

  it('goes everywhere: text, earlier versions, reactions, inbox, attachment', async () => {
    const { say, ask, purge, inMs, clock, ann, bo, conversationId, attachments, changes } = aPair();
    const clientMessageId = 'with a file';
    const { messageId } = anAcceptedMessage({ from: ann, to: bo, clientMessageId });
    const attachmentId = attachmentIdOf(messageId);
    const file = { fileName: 'plan.pdf', contentType: 'application/pdf', size: 4, sha256: null };
    const attachment = { ...file, attachmentId, availableAt: null };
    await attachments.reserve(anAttachmentRecord({ ...attachment, conversationId, messageId, ownerId: ann }));
    attachments.uploaded.set(attachmentId, Buffer.from('data'));
    await say('Xylophone', { clientMessageId, attachment, expiresAt: inMs(minute) });
    await ask(ann, conversationId, { type: 'edit', messageId, messageText: 'Xylophones' });
    await ask(bo, conversationId, { type: 'react', messageId, emoji: '🦖' });
    clock.advance(3 * minute);
    expect(await purge()).toEqual({ purged: 1, errors: [] });
    expect(attachments.records.size + attachments.uploaded.size).toBe(0);
    expect(await changes.versions(conversationId, 1)).toEqual([]);
    expect(await allRows()).not.toMatch(/Xylophone|plan\.pdf/);
    expect(await allRows()).not.toContain(`"emoji":"🦖","userId":"${bo}","partitionKey"`);
  });

  it('is taken away when what was deleted cannot be restored any more', async () => {
    const { say, ask, purge, texts, clock, ann, conversationId } = aPair();
    const { messageId } = await say('secret');
    const { messageId: other } = await say('other');
    await ask(ann, conversationId, { type: 'delete', messageId });
    await ask(ann, conversationId, { type: 'delete', messageId: other });
    clock.advance(29 * day);
    expect(await purge()).toEqual({ purged: 0, errors: [] });
    await ask(ann, conversationId, { type: 'restore', messageId: other });
    clock.advance(day + 2 * minute);
    expect(await purge()).toEqual({ purged: 1, errors: [] });
    expect(await texts()).toEqual([null, 'other']);
    await expect(ask(ann, conversationId, { type: 'restore', messageId })).rejects.toMatchObject({
      code: 'message-deleted',
    });
  });

  it('waits for the longer time when what was deleted may now be restored for longer', async () => {
    const { say, ask, parts, texts, clock, ann, conversationId } = aPair();
    const { messageId } = await say('secret');
    await ask(ann, conversationId, { type: 'delete', messageId });
    clock.advance(31 * day);
    const purge = purgeMessages({ ...parts, restoreDays: 60 });
    expect(await purge()).toEqual({ purged: 0, errors: [] });
    await ask(ann, conversationId, { type: 'restore', messageId });
    expect(await texts()).toEqual(['secret']);
    await ask(ann, conversationId, { type: 'delete', messageId });
    clock.advance(61 * day);
    expect((await purge()).purged).toBeGreaterThan(0);
    await expect(ask(ann, conversationId, { type: 'restore', messageId })).rejects.toBeInstanceOf(ChatError);
  });

  it('is what the retention of a conversation says, what the system notes too', async () => {
    const { parts, log, clock, ann, bo, purge, say } = aPair();
    const group = aGroup(ann, [bo], { retentionSeconds: 60 });
    const { conversationId } = group;
    await log.create(group, clock.now());
    await say('Hello', { conversationId, directMembers: null });
    await applyChange(parts)(
      {
        ...{ changeId: aUser('c'), conversationId, userId: ann, acceptedAt: clock.now().toISOString() },
        action: { type: 'update', settings: { title: 'Secret trip' } },
      },
      tracing,
    );
    clock.advance(3 * minute);
    expect(await purge()).toEqual({ purged: 2, errors: [] });
    const messages = await log.read(conversationId, { from: 1, to: 10 });
    expect(messages).toMatchObject([{ messageText: null }, { type: 'system', system: null }]);
  });

  it('is done by several at once, in steps, and goes on after one that died', async () => {
    const { say, inMs, clock, parts, texts, kept } = aPair();
    for (let count = 0; count < 50; count++) await say(`${count}`, { expiresAt: inMs(minute) });
    clock.advance(3 * minute);
    const dies = { forget: () => Promise.reject(new Error('died')) };
    expect((await purgeMessages({ ...parts, inbox: dies })()).errors).toEqual(['Error: died']);
    const runs = await Promise.all([purgeMessages(parts)(), purgeMessages(parts)()]);
    expect(runs.flatMap(({ errors }) => errors)).toEqual([]);
    expect((await texts()).every((text) => text === null)).toBe(true);
    expect(await kept()).toBe(0);
    expect(await purgeMessages(parts)()).toEqual({ purged: 0, errors: [] });
  }, 60_000);
});
