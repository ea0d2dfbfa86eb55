import { describe, expect, it } from 'vitest';
import { MemoryInbox } from '../../../shared/adapters/memory/memory-inbox.ts';
import { TableInbox } from '../../../shared/adapters/tables/table-inbox.ts';
import type { LoggedMessage } from '../../../shared/domain/message.ts';
import type { Inbox } from '../../../shared/ports/inbox.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aLoggedMessage, aUser } from '../../support/builders.ts';

const { tables } = ownTables();

describe.each<[string, () => Inbox]>([
  ['in memory', () => new MemoryInbox()],
  ['in Table Storage', () => new TableInbox(tables)],
])('an inbox %s', (_, open) => {
  const seqsOf = async (inbox: Inbox, userId: string, limit = 100, after?: string): Promise<number[]> =>
    (await inbox.list(userId, limit, after)).flatMap((item) => ('message' in item ? [item.message.seq] : []));

  it('keeps messages in order and gives them back as they were', async () => {
    const inbox = open();
    const bo = aUser('bo');
    const messages = [3, 1, 2].map((seq) =>
      aLoggedMessage({ seq, messageText: `"${'\u0001😀'.repeat(3000)}${seq}` }),
    );
    for (const message of messages) await inbox.keep(bo, [message]);
    const items = await inbox.list(bo, 100, undefined);
    expect(items.map((item) => 'message' in item && item.message)).toEqual(
      messages.sort((a, b) => a.seq - b.seq),
    );
  });

  it('forgets what it keeps of messages', async () => {
    const inbox = open();
    const bo = aUser('bo');
    const [one, two, three] = [1, 2, 3].map((seq) => aLoggedMessage({ seq }));
    if (!one || !two || !three) throw new Error('There are three.');
    await inbox.keep(bo, [one, two]);
    await inbox.forget(
      bo,
      [two, three].map((message) => ({ ...message, messageText: null })),
    );
    expect(await seqsOf(inbox, bo)).toEqual([1]);
  });

  it('keeps refusals among messages, by when they were accepted, each once', async () => {
    const inbox = open();
    const bo = aUser('bo');
    const [before, after] = [aLoggedMessage({ seq: 1 }), aLoggedMessage({ seq: 100 })];
    await inbox.keep(bo, [before, after]);
    const { conversationId } = before;
    const common = { conversationId, code: 'blocked', at: '2026-01-02T12:00:00.000Z' };
    const acceptedAt = '2026-01-01T12:00:30.000Z';
    const ids = [
      await inbox.keepRejection(bo, { ...common, clientMessageId: "c|1'" }, acceptedAt),
      await inbox.keepRejection(bo, { ...common, changeId: "c|1'" }, acceptedAt),
    ];
    const again = { ...common, clientMessageId: "c|1'", at: '2026-01-02T12:00:01.000Z' };
    expect(await inbox.keepRejection(bo, again, acceptedAt)).toBe(ids[0]);
    const items = await inbox.list(bo, 100, undefined);
    expect([items[0], items[3]]).toMatchObject([{ message: before }, { message: after }]);
    const rejected = [
      { inboxId: ids[0], rejected: again },
      { inboxId: ids[1], rejected: { ...common, changeId: "c|1'" } },
    ];
    expect(items.slice(1, 3)).toEqual(expect.arrayContaining(rejected));
    expect(await inbox.find(bo, ids)).toEqual(rejected);
    await inbox.remove(bo, ids);
    expect(await seqsOf(inbox, bo)).toEqual([1, 100]);
    expect(await inbox.find(bo, ids)).toEqual([]);
  });

  it('keeps two messages of the same millisecond', async () => {
    const inbox = open();
    const bo = aUser('bo');
    const createdAt = '2026-01-01T12:00:00.000Z';
    await inbox.keep(bo, [aLoggedMessage({ seq: 1, createdAt }), aLoggedMessage({ seq: 2, createdAt })]);
    await inbox.keep(bo, [aLoggedMessage({ seq: 1, createdAt, conversationId: `d-${'y'.repeat(24)}` })]);
    expect(await seqsOf(inbox, bo)).toEqual([1, 2, 1]);
  });

  it('keeps a message once, however often it is kept', async () => {
    const inbox = open();
    const bo = aUser('bo');
    const message = aLoggedMessage({ seq: 1 });
    await Promise.all([inbox.keep(bo, [message]), inbox.keep(bo, [message]), inbox.keep(bo, [message])]);
    expect(await seqsOf(inbox, bo)).toEqual([1]);
  });

  it('takes more messages at once than one transaction does', async () => {
    const inbox = open();
    const bo = aUser('bo');
    const messages: LoggedMessage[] = Array.from({ length: 60 }, (_, n) => aLoggedMessage({ seq: n + 1 }));
    await inbox.keep(bo, messages);
    expect(await seqsOf(inbox, bo)).toHaveLength(60);
  });

  it('goes on behind a message, also when that is gone', async () => {
    const inbox = open();
    const bo = aUser('bo');
    await inbox.keep(
      bo,
      [1, 2, 3, 4].map((seq) => aLoggedMessage({ seq })),
    );
    const [, second] = await inbox.list(bo, 2, undefined);
    await inbox.remove(bo, [second?.inboxId ?? '']);
    expect(await seqsOf(inbox, bo, 1, second?.inboxId)).toEqual([3]);
  });

  it('removes exactly the rows named, also when some are gone already', async () => {
    const inbox = open();
    const bo = aUser('bo');
    await inbox.keep(
      bo,
      [1, 2, 3].map((seq) => aLoggedMessage({ seq })),
    );
    const ids = (await inbox.list(bo, 100, undefined)).map(({ inboxId }) => inboxId);
    await inbox.remove(bo, ids.slice(0, 1));
    await inbox.remove(bo, ids.slice(0, 2));
    await inbox.remove(bo, []);
    expect(await seqsOf(inbox, bo)).toEqual([3]);
  });

  it('is its user’s alone, whatever ids are given', async () => {
    const inbox = open();
    const [ann, bo] = [aUser("ann' or PartitionKey ne '"), aUser('bo')];
    await inbox.keep(bo, [aLoggedMessage({ seq: 1 })], 7);
    const ids = (await inbox.list(bo, 1, undefined)).map(({ inboxId }) => inboxId);
    expect(await inbox.list(ann, 100, undefined)).toEqual([]);
    expect(await inbox.find(ann, [...ids, "x' or '1' eq '1", '../bo', ''])).toEqual([]);
    await inbox.remove(ann, [...ids, "x' or '1' eq '1", '../bo', '']);
    expect(await inbox.find(bo, ids)).toMatchObject([{ headRev: 7 }]);
  });

  it('forgets messages that are to be gone, and no others', async () => {
    const inbox = open();
    const bo = aUser('bo');
    const messages = [1, 2, 3, 4].map((seq) => aLoggedMessage({ seq }));
    const other = aLoggedMessage({ seq: 2, conversationId: `g-${'y'.repeat(24)}` });
    await inbox.keep(bo, messages);
    await inbox.keep(bo, [other]);
    const gone = messages.filter(({ seq }) => seq === 3 || seq === 1);
    for (let repeat = 0; repeat < 2; repeat++) await inbox.forget(bo, gone);
    await inbox.forget(bo, []);
    await inbox.forget(aUser('ann'), messages);
    const left = (await inbox.list(bo, 100, undefined)).flatMap((item) =>
      'message' in item ? [item.message] : [],
    );
    expect(left).toHaveLength(3);
    expect(left).toEqual(expect.arrayContaining([messages[1], other, messages[3]]));
  });
});
