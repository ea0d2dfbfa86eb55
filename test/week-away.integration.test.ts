import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import type { ConversationView } from '../shared/contract/conversations.ts';
import { BusyWeek } from './support/busy-week.ts';
import { eventually, silencingProxy, User } from './support/chat.ts';
import { InboxReader } from './support/inbox-reader.ts';
import { asShown, Replica, type Shown } from './support/replica.ts';

/** What the server shows to one that starts from nothing. */
const truthFor = async (user: User): Promise<Record<string, Shown>> => {
  const fresh = new Replica(user);
  await fresh.catchUp();
  return fresh.state();
};

const comesToShow = async (replica: Replica, truth: Record<string, Shown>): Promise<void> => {
  const isSame = () => Promise.resolve(isDeepStrictEqual(replica.state(), truth) || undefined);
  await eventually(isSame, 20).catch(() => undefined);
  expect(replica.state()).toEqual(truth);
};

/** A device that shows what comes over its socket. */
const online = async (user: User, through?: (url: string) => string) => {
  const device = await user.goOnline(through);
  const replica = new Replica(user);
  const end = new AbortController();
  onTestFinished(() => {
    end.abort();
    device.stop();
  });
  const following = replica.follow(device);
  return { replica, following };
};

/** One that has no socket: it asks for its inbox, and whether anything else has changed, every now and then. */
const polling = async (user: User) => {
  const replica = new Replica(user);
  await replica.catchUp();
  const inbox = new InboxReader(user, (message) => replica.takeMessage(message));
  const over = new AbortController();
  const poll = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await inbox.poll();
      await replica.catchUp();
      await delay(200, undefined, { signal: over.signal }).catch(() => undefined);
    }
    await inbox.poll();
    await replica.catchUp();
  };
  const polled = poll();
  return {
    replica,
    finish: () => {
      over.abort();
      return polled;
    },
  };
};

/** Four people in a direct conversation and two groups, with a beginning that all devices know. */
const aStart = async () => {
  const [ann, bo, cy, dee, eve] = await Promise.all([
    User.create('ann'),
    User.create('bo'),
    User.create('cy'),
    User.create('dee'),
    User.create('eve'),
  ]);
  const week = new BusyWeek();
  const create = async (user: User, body: object): Promise<string> =>
    (await user.post<ConversationView>('/conversations', body)).body.id;
  const direct = await create(ann, { type: 'direct', memberIds: [bo.id] });
  const trip = await create(ann, { type: 'group', title: 'Trip', memberIds: [bo.id, cy.id, dee.id] });
  const club = await create(dee, { type: 'group', title: 'Club', memberIds: [ann.id, bo.id, cy.id] });
  const early = await week.chatter(trip, [ann, bo, cy], 3);
  await week.chatter(direct, [ann, bo], 3);
  await week.chatter(club, [ann, dee], 3);
  await week.settle([direct, ann], [trip, ann], [club, dee]);
  return { people: { ann, bo, cy, dee, eve }, week, direct, trip, club, early, create };
};

type Start = Awaited<ReturnType<typeof aStart>>;

/** Edits, reactions, pins, deletions and restorations, of messages that are known to all and of later ones. */
const changeMessages = async ({ people, week, trip }: Start, messages: Map<string, User>): Promise<void> => {
  const { ann, bo, dee } = people;
  const all = [...messages].map(([id, sender], n) => ({ n, sender, at: `/messages/${id}` }));
  const each = async (step: (message: (typeof all)[number]) => Promise<void>): Promise<void> => {
    for (const message of all) await step(message);
    await week.settle([trip, ann]);
  };
  const thumb = `/reactions/${encodeURIComponent('👍')}`;
  await each(async ({ n, sender, at }) => {
    await week.change(sender, trip, 'PATCH', at, { messageText: `edited ${n}` });
    await week.change(dee, trip, 'PUT', `${at}${thumb}`);
    if (n % 2 === 0) await week.change(bo, trip, 'PUT', `${at}${thumb}`);
    if (n % 4 === 0) await week.change(ann, trip, 'PUT', `${at}/pin`);
  });
  await each(async ({ n, sender, at }) => {
    if (n % 3 === 0) await week.change(sender, trip, 'DELETE', at);
    if (n % 3 === 1) await week.change(dee, trip, 'DELETE', `${at}${thumb}`);
    if (n % 8 === 4 && n % 3 !== 0) await week.change(ann, trip, 'DELETE', `${at}/pin`);
  });
  await each(async ({ n, sender, at }) => {
    if (n % 6 === 0) await week.change(sender, trip, 'POST', `${at}/restore`, {});
  });
};

/** Somebody joins, Ann leaves and comes back, Bo is removed, and a conversation begins. */
const changeMembers = async ({ people, week, trip, club, create }: Start): Promise<string> => {
  const { ann, bo, cy, dee, eve } = people;
  await week.change(ann, trip, 'POST', '/members', { userIds: [eve.id] });
  await week.change(ann, trip, 'PATCH', '', { title: 'Trip to Rome' });
  await week.change(ann, club, 'DELETE', '/members/me');
  await week.settle([club, dee]);
  await week.chatter(club, [cy, dee], 20);
  await week.settle([club, dee]);
  await week.change(dee, club, 'POST', '/members', { userIds: [ann.id] });
  await week.change(dee, club, 'DELETE', `/members/${bo.id}`);
  await week.settle([club, dee], [trip, ann]);
  await week.chatter(trip, [eve, ann], 10);
  const plan = await create(dee, { type: 'group', title: 'Plan', memberIds: [ann.id, cy.id] });
  await week.chatter(plan, [ann, cy, dee], 10);
  return plan;
};

const total = (places: Iterable<{ seq: number; rev: number }>): { seq: number; rev: number } => {
  const sum = { seq: 0, rev: 0 };
  for (const { seq, rev } of places) {
    sum.seq += seq;
    sum.rev += rev;
  }
  return sum;
};

const isRepeated = ({ shown }: Replica): boolean => new Set(shown).size < shown.length;

it(
  'whatever a device missed, all show the same in the end: order, content, unread counts, each message once',
  { timeout: 300_000 },
  async () => {
    const start = await aStart();
    const { people, week, direct, trip, club } = start;
    const { ann, bo, cy, dee } = people;
    const proxy = await silencingProxy();
    onTestFinished(proxy.stop);
    const [phone, laptop] = [await online(ann), await online(ann, proxy.through)];
    const kiosk = await polling(cy);
    const tablet = new Replica(ann);
    await tablet.catchUp();
    const known = total(tablet.places().values()); // from here on the tablet is away, and so is Bo

    const people4 = [ann, bo, cy, dee];
    const [said] = await Promise.all([
      week.chatter(trip, people4, 50),
      week.chatter(direct, [ann, bo], 60),
      week.chatter(club, [cy, dee], 40),
    ]);
    proxy.cut(); // the laptop's network; it comes back by itself
    await week.settle([trip, ann], [direct, ann], [club, dee]);
    await changeMessages(start, new Map([...start.early, ...[...said].slice(0, 40)]));
    const plan = await changeMembers(start);
    proxy.cut();
    await Promise.all([week.chatter(trip, people4, 5), week.chatter(direct, [ann, bo], 5)]);
    await week.settle([trip, ann], [direct, ann], [club, dee], [plan, dee]);
    for (const [id, body] of [
      [direct, {}],
      [trip, { upToSeq: 150 }],
    ] as const)
      expect((await ann.call('PUT', `/conversations/${id}/read`, body)).status).toBe(204);

    const truth = await truthFor(ann);
    const head = total(Object.values(truth));
    expect(head.seq - known.seq).toBeGreaterThan(500);
    expect(head.rev - known.rev).toBeGreaterThan(100);
    await Promise.race([comesToShow(phone.replica, truth), phone.following]);
    await Promise.race([comesToShow(laptop.replica, truth), laptop.following]);
    await tablet.catchUp();
    expect(tablet.state()).toEqual(truth);
    await kiosk.finish();
    expect(kiosk.replica.state()).toEqual(await truthFor(cy));
    for (const replica of [phone.replica, laptop.replica, tablet, kiosk.replica])
      expect(isRepeated(replica)).toBe(false);

    // It is what was sent, in the order in which each sender sent it.
    const logs = { ...truth, [club]: (await truthFor(dee))[club] };
    for (const [id, senders] of week.sent)
      for (const [senderId, sent] of senders) {
        const messages = logs[id]?.messages.filter((message) => message.senderId === senderId) ?? [];
        const ids = messages.filter(({ type }) => type !== 'system').map(({ messageId }) => messageId);
        expect(ids).toEqual(sent);
      }

    // The server counts as the devices do, and what they acknowledged waits in no inbox.
    const unread = await ann.get<{ total: number }>('/unread');
    expect(unread.body.total).toBe(Object.values(truth).reduce((sum, shown) => sum + shown.unread, 0));
    await eventually(async () => ((await ann.inbox()).length === 0 ? true : undefined));

    // Bo has nothing but his inbox: in it is what others wrote where he still is, each once, in order, as it now is.
    const reader = new InboxReader(bo);
    await reader.poll();
    const forBo = Object.entries(await truthFor(bo));
    expect(forBo.map(([id]) => id).sort()).toEqual([direct, trip].sort());
    for (const [id, { messages }] of forBo)
      expect(
        reader.messages
          .filter(({ conversationId }) => conversationId === id)
          .map((message) => asShown(message)),
      ).toEqual(messages.filter(({ senderId, deletedAt }) => senderId !== bo.id && deletedAt === null));
    expect(reader.messages.every(({ conversationId }) => conversationId !== club)).toBe(true);
  },
);
