import { randomBytes } from 'node:crypto';
import type { TableServiceClientOptions } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryMessageSearch } from '../../../shared/adapters/memory/memory-message-search.ts';
import { TableMessageSearch } from '../../../shared/adapters/tables/table-message-search.ts';
import { createTables, openTables, type Tables } from '../../../shared/adapters/tables/tables.ts';
import { isWanted, termsOf, type Wanted } from '../../../shared/domain/search.ts';
import type { MessageSearch } from '../../../shared/ports/message-search.ts';
import { openTable, startAzurite, type Azurite } from '../../support/azurite.ts';
import { LongLog } from '../../support/long-log.ts';

let azurite: Azurite;
let tables: Tables;
/** Methods of the calls to storage. */
const calls: string[] = [];

const counting: NonNullable<TableServiceClientOptions['additionalPolicies']> = [
  {
    position: 'perCall',
    policy: {
      name: 'counting',
      sendRequest: (request, next) => {
        calls.push(request.method);
        return next(request);
      },
    },
  },
];

beforeAll(async () => {
  azurite = await startAzurite();
  tables = openTables(openTable(azurite, { additionalPolicies: counting }));
  await createTables(tables);
}, 60_000);

afterAll(() => azurite.stop());

const wanted = (q: string, senderId?: string): Wanted => ({ terms: termsOf(q), senderId });

/** All places that a search finds in a conversation, from the newest, and in how many looks. */
const searchAll = async (
  search: MessageSearch,
  log: LongLog,
  what: Wanted,
): Promise<{ seqs: number[]; looks: number; cost: number }> => {
  const found = { seqs: [] as number[], looks: 0, cost: 0 };
  let upTo = log.place.headSeq;
  while (upTo > 0) {
    const { from, seqs, at, cost } = await search.find(log.place, upTo, what);
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
    for (const seq of seqs) expect(from <= seq && seq <= upTo).toBe(true);
    expect(at).toBe(log.messages[from - 1]?.createdAt);
    found.seqs.push(...seqs);
    found.cost += cost;
    found.looks++;
    upTo = from - 1;
  }
  return found;
};

/** Texts of which each has a word of its own, one that ten have, and one that all have. */
const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `Message no${n + 1} of tens${Math.floor(n / 10)}, ÉTÉ`);

describe.each<[string, (log: LongLog) => MessageSearch]>([
  ['in memory', (log) => new MemoryMessageSearch(log)],
  ['in Table Storage', (log) => new TableMessageSearch(tables, log)],
])('a search for messages %s', (_, open) => {
  it('finds words and their beginnings, all that are asked for, newest first', async () => {
    const log = new LongLog(texts(2500));
    const search = open(log);
    for (let again = 0; again < 2; again++) {
      const find = async (q: string) => (await searchAll(search, log, wanted(q))).seqs;
      expect(await find('no7')).toEqual(
        log.messages
          .map(({ seq }) => seq)
          .filter((seq) => String(seq).startsWith('7'))
          .reverse(),
      );
      expect(await find('TENS150')).toEqual([1510, 1509, 1508, 1507, 1506, 1505, 1504, 1503, 1502, 1501]);
      expect(await find('tens150 no1502 ete')).toEqual([1502]);
      expect(await find('tens150 no1499')).toEqual([]);
      expect(await find('ete')).toHaveLength(2500);
      expect(await find('essage')).toEqual([]);
    }
  });

  it('finds what a sender wrote', async () => {
    const log = new LongLog(texts(1200));
    const [ann, bo] = log.users;
    const search = open(log);
    const find = async (senderId: string) => (await searchAll(search, log, wanted('no100', senderId))).seqs;
    expect(await find(ann)).toEqual([1009, 1007, 1005, 1003, 1001]);
    expect(await find(bo)).toEqual([1008, 1006, 1004, 1002, 1000, 100]);
    expect(await find(ann.slice(0, -1))).toEqual([]);
  });

  it('begins at the place that it is given', async () => {
    const log = new LongLog(texts(2100));
    const search = open(log);
    for (const upTo of [2050, 2000, 1999, 1000, 999, 1]) {
      const { from, seqs } = await search.find(log.place, upTo, wanted('message'));
      expect(seqs[0]).toBe(upTo);
      expect(seqs).toHaveLength(upTo - from + 1);
    }
  });

  it('finds by its new text what was changed, and nothing of what it was', async () => {
    const log = new LongLog(texts(1100));
    const search = open(log);
    await searchAll(search, log, wanted('no500'));
    log.change(500, 'something else');
    await search.forget(log.conversationId, 500);
    expect((await searchAll(search, log, wanted('no500'))).seqs).toEqual([]);
    expect((await searchAll(search, log, wanted('else'))).seqs).toEqual([500]);
    log.change(500, null);
    await search.forget(log.conversationId, 500);
    await search.forget(log.conversationId, 500);
    expect((await searchAll(search, log, wanted('else'))).seqs).toEqual([]);
    await search.forget(log.conversationId, 1100); // where there was no index
    await search.forget('d-nowhere', 1);
  });

  it('agrees with the log about texts of all kinds', async () => {
    const words = [
      'Zürich',
      'zurich',
      'Straße',
      'İstanbul',
      '東京',
      'สวัสดี',
      'ΟΔΟΣ',
      'a',
      'ab',
      'abc',
      '🙂',
      '½',
      '\n',
    ];
    const at = (n: number): string => words[(n * 7919) % words.length] ?? '';
    const mixed = Array.from({ length: 1000 }, (_, n) => (n % 97 === 0 ? null : `${at(n)} ${at(n * n + 1)}`));
    const log = new LongLog(mixed);
    const search = open(log);
    for (const q of ['zurich', 'strasse', 'ist', '東京', 'สวัสดี', 'οδ', 'a', 'ab', 'a zu', '2']) {
      const expected = log.messages.filter((message) => isWanted(message, wanted(q))).map(({ seq }) => seq);
      expect((await searchAll(search, log, wanted(q))).seqs).toEqual(expected.reverse());
    }
  });
});

describe('the index in Table Storage', () => {
  const rows = async ({ conversationId }: LongLog): Promise<{ from: number; to: number }[]> => {
    const found: { from: number; to: number }[] = [];
    const queryOptions = { filter: `PartitionKey eq '${conversationId}'` };
    for await (const row of tables.searchSegments.listEntities<{ from: number; to: number }>({
      queryOptions,
    }))
      found.push({ from: row.from, to: row.to });
    return found;
  };

  const callsOf = async (run: () => Promise<unknown>): Promise<string[]> => {
    calls.length = 0;
    await run();
    return [...calls];
  };

  it('has nothing of a conversation in which nobody searched, and of one’s newest messages never', async () => {
    const log = new LongLog(texts(2999));
    const search = new TableMessageSearch(tables, log);
    await search.forget(log.conversationId, 5);
    expect(await rows(log)).toEqual([]);
    await search.find(log.place, 2999, wanted('no'));
    expect(await rows(log)).toEqual([]);
    await searchAll(search, log, wanted('no'));
    expect(await rows(log)).toEqual([
      { from: 1001, to: 2000 },
      { from: 1, to: 1000 },
    ]);
  });

  it('takes several rows for what is too large for one, up to what nothing compresses', async () => {
    const random = () => Array.from({ length: 220 }, () => randomBytes(24).toString('hex')).join(' ');
    const log = new LongLog(Array.from({ length: 1000 }, (_, n) => `${random()} no${n + 1}`));
    const search = new TableMessageSearch(tables, log);
    await searchAll(search, log, wanted('nothing'));
    const pieces = await rows(log);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces[0]?.to).toBe(1000);
    expect(pieces.at(-1)?.from).toBe(1);
    const { seqs, cost } = await searchAll(search, log, wanted('no77'));
    expect(seqs).toEqual([779, 778, 777, 776, 775, 774, 773, 772, 771, 770, 77]);
    expect(cost).toBe(pieces.length);
    const word = log.messages[299]?.messageText?.split(' ')[3] ?? '';
    expect((await searchAll(search, log, wanted(word))).seqs).toEqual([300]);
    await search.forget(log.conversationId, 300);
    expect(await rows(log)).toEqual([]);
  });

  it('is not left behind by who read before a change and writes after it', async () => {
    const log = new LongLog(texts(1000));
    const search = new TableMessageSearch(tables, log);
    log.afterRead = async () => {
      log.change(500, 'secret no more');
      await search.forget(log.conversationId, 500);
    };
    await search.find(log.place, 1000, wanted('no500'));
    expect(await rows(log)).toEqual([]);
    expect((await searchAll(search, log, wanted('no500'))).seqs).toEqual([]);
    expect((await searchAll(search, log, wanted('secret'))).seqs).toEqual([500]);
  });

  it('is not used when who wrote it died before seeing that nothing had changed', async () => {
    const log = new LongLog(texts(1000));
    let heads = 0;
    const dying = new TableMessageSearch(tables, {
      read: (id, range) => log.read(id, range),
      head: () => (++heads === 2 ? Promise.reject(new Error('died')) : log.head()),
    });
    log.afterRead = () => {
      log.change(500, 'secret no more');
      return Promise.resolve();
    };
    await expect(dying.find(log.place, 1000, wanted('no500'))).rejects.toThrow('died');
    expect(await rows(log)).toHaveLength(1);
    const search = new TableMessageSearch(tables, log);
    expect((await searchAll(search, log, wanted('no500'))).seqs).toEqual([]);
    expect((await searchAll(search, log, wanted('secret'))).seqs).toEqual([500]);
  });

  it('is made anew when its words were made by other rules', async () => {
    const log = new LongLog(texts(1000));
    const search = new TableMessageSearch(tables, log);
    await searchAll(search, log, wanted('no5'));
    for await (const { partitionKey = '', rowKey = '' } of tables.searchSegments.listEntities({
      queryOptions: { filter: `PartitionKey eq '${log.conversationId}'` },
    }))
      await tables.searchSegments.updateEntity({ partitionKey, rowKey, version: '0' }, 'Merge');
    expect((await searchAll(search, log, wanted('no5'))).cost).toBe(4);
    expect((await searchAll(search, log, wanted('no5'))).cost).toBe(1);
  });

  it('of 20,000 messages costs one read for each thousand, and once more to be made', async () => {
    const log = new LongLog(texts(20_500));
    const search = new TableMessageSearch(tables, log);
    const first = await callsOf(() => searchAll(search, log, wanted('no1')));
    // Of each segment: is there a row? The log with the head before and after. The row, and that it is sound.
    expect(first.sort()).toEqual([
      ...Array<string>(20).fill('GET'),
      ...Array<string>(20).fill('PATCH'),
      ...Array<string>(20).fill('PUT'),
    ]);
    expect(log.reads).toEqual({ calls: 61, rows: 20_540 });

    log.reads.calls = log.reads.rows = 0;
    const second = await callsOf(() => searchAll(search, log, wanted('no12345')));
    expect(second).toEqual(Array<string>(20).fill('GET'));
    expect(log.reads).toEqual({ calls: 1, rows: 500 });
  });
});
