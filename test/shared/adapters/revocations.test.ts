import { RestError } from '@azure/data-tables';
import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { MemoryAccounts } from '../../../shared/adapters/memory/memory-accounts.ts';
import { MemoryJobs } from '../../../shared/adapters/memory/memory-jobs.ts';
import { MemoryRevocations } from '../../../shared/adapters/memory/memory-revocations.ts';
import { TableAccounts } from '../../../shared/adapters/tables/table-accounts.ts';
import { TableJobs } from '../../../shared/adapters/tables/table-jobs.ts';
import { TableRevocations } from '../../../shared/adapters/tables/table-revocations.ts';
import { type Tables } from '../../../shared/adapters/tables/tables.ts';
import { newJobId } from '../../../shared/domain/identifiers.ts';
import { newErasure } from '../../../shared/domain/job.ts';
import { maxTakenBack } from '../../../shared/domain/token.ts';
import type { Accounts } from '../../../shared/ports/accounts.ts';
import type { Jobs } from '../../../shared/ports/jobs.ts';
import type { Revocations } from '../../../shared/ports/revocations.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aToken, aUser } from '../../support/builders.ts';
import { FakeTimer } from '../../support/fakes.ts';
import { anAccount } from '../ports/accounts-suite.ts';

const { tables } = ownTables();

interface Parts {
  revocations: Revocations;
  jobs: Jobs;
  accounts: Accounts;
  clock: FakeTimer;
}

const inMemory = (): Parts => {
  const [jobs, accounts, clock] = [new MemoryJobs(), new MemoryAccounts(), new FakeTimer()];
  return { jobs, accounts, clock, revocations: new MemoryRevocations(jobs, accounts, clock) };
};

const anInstance = (clock = new FakeTimer()): Parts => {
  const revocations = new TableRevocations(tables, clock, 30);
  return { jobs: new TableJobs(tables), accounts: new TableAccounts(tables), clock, revocations };
};

const idsOf = async (revocations: Revocations, userId: string): Promise<string[]> =>
  (await revocations.of(userId)).tokens.map(({ id }) => id);

describe.each<[string, () => Parts]>([
  ['in memory', inMemory],
  ['in Table Storage', () => anInstance()],
])('what is taken back, %s,', (_, open) => {
  it('is nothing of a user of whom nothing is known', async () => {
    const { revocations } = open();
    const nothing = { isErased: false, generation: 0, tokens: [], before: 0 };
    expect(await revocations.of(aUser("auth0|' or PartitionKey ne '"))).toEqual(nothing);
  });

  it('is each token that its user logged out, once, and none of another user', async () => {
    const { revocations } = open();
    const ann = aUser('ann');
    const [one, two] = [aToken(), aToken()];
    expect(await idsOf(revocations, ann)).toEqual([]);
    await Promise.all([one, two, one].map((token) => revocations.takeBack(ann, token)));
    expect((await idsOf(revocations, ann)).toSorted()).toEqual([one.id, two.id].toSorted());
    expect(await idsOf(revocations, ann.toUpperCase())).toEqual([]);
  });

  it('is forgotten when the token has expired', async () => {
    const { revocations, clock } = open();
    const ann = aUser('ann');
    const short = aToken({ expiresAt: clock.now().getTime() / 1000 + 60 });
    const long = aToken();
    await revocations.takeBack(ann, short);
    clock.advance(120_000);
    await revocations.takeBack(ann, long);
    expect(await idsOf(revocations, ann)).toEqual([long.id]);
  });

  it('is bounded: of too many, all that were issued before the oldest go with it', async () => {
    const { revocations } = open();
    const ann = aUser('ann');
    const issued = (second: number) => aToken({ issuedAt: second });
    for (let second = 1; second <= maxTakenBack + 2; second++)
      await revocations.takeBack(ann, issued(second));
    const { tokens, before } = await revocations.of(ann);
    expect(tokens).toHaveLength(maxTakenBack);
    expect(before).toBe(3);
  });

  it('is all of a user who was erased, and all of an earlier password', async () => {
    const { revocations, jobs, accounts, clock } = open();
    const [ann, bo] = [aUser('Ann'), aUser('bo')];
    await jobs.begin(newErasure(newJobId(), bo, 1, clock.now()));
    expect(await revocations.of(bo)).toMatchObject({ isErased: true });
    await accounts.add(anAccount({ userId: ann, passwordHash: '$1$' }));
    await accounts.replaceHash(ann, { from: '$1$', to: '$2$' }, 1);
    expect(await revocations.of(ann)).toMatchObject({ isErased: false, generation: 1 });
    // Of the same name in another case, but another id: an identity provider may have both.
    expect(await revocations.of(ann.toLowerCase())).toMatchObject({ generation: 0 });
  });
});

describe('what another instance has taken back', () => {
  const aPair = () => [anInstance(), anInstance()] as const;

  it('is known within two seconds, whatever was known before', async () => {
    const [here, there] = aPair();
    const [ann, token] = [aUser('ann'), aToken()];
    expect(await idsOf(here.revocations, ann)).toEqual([]);
    await there.revocations.takeBack(ann, token);
    expect(await idsOf(there.revocations, ann)).toEqual([token.id]);
    here.clock.advance(2000);
    expect(await idsOf(here.revocations, ann)).toEqual([token.id]);
  });

  it('is known when it is written after it was announced', async () => {
    const [here, there] = aPair();
    const ann = aUser('Ann');
    await there.accounts.add(anAccount({ userId: ann, passwordHash: '$1$' }));
    await there.revocations.announce(ann);
    expect(await here.revocations.of(ann)).toMatchObject({ generation: 0 });
    here.clock.advance(2000);
    expect(await here.revocations.of(ann)).toMatchObject({ generation: 0 });
    await there.accounts.replaceHash(ann, { from: '$1$', to: '$2$' }, 1);
    expect(await here.revocations.of(ann)).toMatchObject({ generation: 1 });
  });

  it('is known though the clocks of the two differ by half a minute', async () => {
    const here = anInstance();
    const there = anInstance(new FakeTimer('2026-01-01T11:59:30.000Z'));
    const [ann, token] = [aUser('ann'), aToken()];
    await here.revocations.of(ann);
    await there.revocations.takeBack(ann, token);
    here.clock.advance(2000);
    expect(await idsOf(here.revocations, ann)).toEqual([token.id]);
  });

  it('leaves of its announcement nothing after an hour, when there is another', async () => {
    const [here] = aPair();
    await here.revocations.announce(aUser('ann'));
    here.clock.advance(2 * 60 * 60_000);
    await here.revocations.announce(aUser('bo'));
    const rows = [];
    const filter = "PartitionKey eq 'announced'";
    for await (const row of tables.users.listEntities({ queryOptions: { filter } })) rows.push(row.rowKey);
    expect(rows.filter((rowKey = '') => rowKey < '2026-01-01T13')).toEqual([]);
    expect(rows).not.toEqual([]);
  });
});

describe('looking', () => {
  let list: MockInstance<Tables['users']['listEntities']>;
  beforeEach(() => {
    list = vi.spyOn(tables.users, 'listEntities');
    return () => {
      list.mockRestore();
    };
  });

  it('asks once for a user, and then every two seconds for what was announced, however many are looked at', async () => {
    const { revocations, clock } = anInstance();
    const users = Array.from({ length: 20 }, () => aUser());
    const lookAtAll = () => Promise.all([...users, ...users].map((userId) => revocations.of(userId)));
    await lookAtAll();
    expect(list).toHaveBeenCalledTimes(1 + users.length);
    await lookAtAll();
    clock.advance(1999);
    await lookAtAll();
    expect(list).toHaveBeenCalledTimes(1 + users.length);
    clock.advance(1);
    await lookAtAll();
    expect(list).toHaveBeenCalledTimes(2 + users.length);
  });

  it('goes on with what is known while storage is away, for five minutes', async () => {
    const { revocations, clock } = anInstance();
    const ann = aUser('ann');
    await revocations.of(ann);
    list.mockImplementation(() => {
      throw new RestError('away', { statusCode: 503 });
    });
    for (let minute = 1; minute <= 4; minute++) {
      clock.advance(60_000);
      expect(await revocations.of(ann)).toMatchObject({ tokens: [] });
    }
    clock.advance(60_000);
    await expect(revocations.of(ann)).rejects.toMatchObject({ code: 'unavailable' });
    list.mockRestore();
    expect(await revocations.of(ann)).toMatchObject({ tokens: [] });
  });
});
