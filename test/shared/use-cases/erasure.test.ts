import { describe, expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { MemoryAccounts } from '../../../shared/adapters/memory/memory-accounts.ts';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryExpiries } from '../../../shared/adapters/memory/memory-expiries.ts';
import { MemoryExportFiles } from '../../../shared/adapters/memory/memory-export-files.ts';
import { MemoryInbox } from '../../../shared/adapters/memory/memory-inbox.ts';
import { MemoryRevocations } from '../../../shared/adapters/memory/memory-revocations.ts';
import { MemoryJobs } from '../../../shared/adapters/memory/memory-jobs.ts';
import { MemoryMessageSearch } from '../../../shared/adapters/memory/memory-message-search.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { MemoryUserNames } from '../../../shared/adapters/memory/memory-user-names.ts';
import { nameKeysOf } from '../../../shared/domain/account.ts';
import type { ChangeAction } from '../../../shared/domain/change.ts';
import { decideChange } from '../../../shared/domain/decide-change.ts';
import {
  attachmentIdOf,
  changeIdOf,
  directConversationId,
  messageIdOf,
} from '../../../shared/domain/identifiers.ts';
import type { AcceptedMessage } from '../../../shared/domain/message.ts';
import { eraseInConversation } from '../../../shared/use-cases/erase-in-conversation.ts';
import { eraseStep } from '../../../shared/use-cases/erase-step.ts';
import { eraseAnyUser, eraseUser } from '../../../shared/use-cases/erase-user.ts';
import { getJob } from '../../../shared/use-cases/get-job.ts';
import { requireGoodToken } from '../../../shared/use-cases/require-good-token.ts';
import { runJob } from '../../../shared/use-cases/run-job.ts';
import { aGroup, anAcceptedMessage, anAttachmentRecord, aToken, messagesIn } from '../../support/builders.ts';
import { Calls } from '../../support/failing.ts';
import {
  FakeAttachments,
  FakeBroadcaster,
  FakeEventFeed,
  FakeOutbox,
  FakeTimer,
  tracing,
} from '../../support/fakes.ts';

const noExports = {
  files: new MemoryExportFiles(),
  exportStep: () => Promise.reject(new Error('none here')),
};

const jobId = `j-${'x'.repeat(32)}`;

/** A chat of Ann, Bo and Cy, and the erasure in it. */
class World {
  readonly clock = new FakeTimer();
  readonly log = new MemoryConversationLog();
  readonly changes = new MemoryChangeLog(this.log);
  readonly inbox = new MemoryInbox();
  readonly presence = new MemoryPresence();
  readonly blocks = new MemoryBlocks();
  readonly accounts = new MemoryAccounts();
  readonly names = new MemoryUserNames();
  readonly jobs = new MemoryJobs();
  readonly revocations = new MemoryRevocations(this.jobs, this.accounts, this.clock);
  readonly attachments = new FakeAttachments();
  readonly broadcaster = new FakeBroadcaster();
  readonly audit = new MemoryAudit();
  readonly events = new FakeEventFeed();
  readonly outbox = new FakeOutbox();
  readonly calls: Calls;
  #changes = 0;

  constructor(calls = new Calls()) {
    this.calls = calls;
  }

  async register(userId: string): Promise<void> {
    const [createdAt, fullName] = [this.clock.now().toISOString(), `${userId} Baker`];
    const email = `${userId}@example.com`;
    await this.accounts.add({
      userId,
      passwordHash: '#',
      email,
      fullName,
      avatarUrl: null,
      createdAt,
      generation: 0,
    });
    await this.names.put(userId, nameKeysOf(userId, fullName));
  }

  async say(from: string, conversationId: string, text: string, rest: Partial<AcceptedMessage> = {}) {
    const accepted = {
      ...anAcceptedMessage({ from, to: 'x', messageText: text }),
      directMembers: null,
      conversationId,
    };
    const messageId = messageIdOf(conversationId, from, accepted.clientMessageId);
    return (await this.log.append({ ...accepted, messageId, ...rest }, this.clock.now())).message;
  }

  async change(userId: string, conversationId: string, action: ChangeAction): Promise<void> {
    const now = this.clock.now();
    const changeId = changeIdOf(conversationId, userId, `change-${this.#changes++}`);
    const change = { changeId, conversationId, userId, acceptedAt: now.toISOString(), action };
    await this.changes.apply(change, (ground) => decideChange(change, ground, { now, maxMembers: 100 }), now);
  }

  parts() {
    const all = {
      ...{
        log: this.log,
        changes: this.changes,
        inbox: this.inbox,
        presence: this.presence,
        blocks: this.blocks,
      },
      ...{
        accounts: this.accounts,
        names: this.names,
        jobs: this.jobs,
        revocations: this.revocations,
        attachments: this.attachments,
      },
      ...{ broadcaster: this.broadcaster, events: this.events, outbox: this.outbox },
      search: new MemoryMessageSearch(this.log),
      audit: this.audit,
    };
    const counted = Object.fromEntries(
      Object.entries(all).map(([name, port]) => [name, this.calls.to(port)]),
    ) as typeof all;
    const expiries = new MemoryExpiries();
    return { ...counted, expiries, clock: this.clock, inboxGroupSize: 100, maxMembers: 100, restoreDays: 30 };
  }

  erase(userId: string) {
    return eraseUser({ ...this.parts(), newId: () => jobId })(userId, tracing);
  }

  /** Works off the queues, as long as something is in them. What fails comes again. */
  async workOff(): Promise<void> {
    const parts = this.parts();
    const piece = eraseInConversation(parts);
    const job = runJob({ ...parts, eraseStep: eraseStep(parts), ...noExports });
    const attempt = async <T>(queue: T[], run: (item: T) => Promise<unknown>): Promise<boolean> => {
      const [first] = queue;
      if (first === undefined) return false;
      const done = await run(structuredClone(first)).then(
        () => true,
        () => false,
      );
      if (done) queue.splice(queue.indexOf(first), 1);
      return true;
    };
    while (
      (await attempt(this.outbox.jobs, (message) => job(message, tracing))) ||
      (await attempt(this.outbox.pieces, (task) => piece(task, tracing)))
    );
  }

  report() {
    return getJob({ jobs: this.jobs })(jobId);
  }
}

/** Everything that Ann can have left behind. */
const aLifeOfAnn = async (calls?: Calls) => {
  const world = new World(calls);
  for (const userId of ['ann', 'bo', 'cy']) await world.register(userId);
  const pair = directConversationId('ann', 'bo');
  const group = aGroup('ann', ['bo', 'cy'], { title: 'Trip' });
  const left = aGroup('bo', ['ann']);
  const alone = aGroup('ann', [], { title: 'Diary', metadata: { secret: 'Ann’s' } });
  for (const one of [group, left, alone]) await world.log.create(one, world.clock.now());
  const ids = { pair, group: group.conversationId, left: left.conversationId, alone: alone.conversationId };

  const { message: hello } = await world.log.append(
    anAcceptedMessage({ from: 'ann', to: 'bo', messageText: 'Ann to Bo' }),
    world.clock.now(),
  );
  await world.inbox.keep('bo', [hello]);
  const answer = await world.say('bo', pair, 'Bo to her');
  await world.inbox.keep('ann', [answer]);
  await world.change('ann', pair, { type: 'react', messageId: answer.messageId, emoji: '👍' });

  const edited = await world.say('ann', ids.group, 'Ann’s first words');
  await world.change('ann', ids.group, {
    type: 'edit',
    messageId: edited.messageId,
    messageText: 'Ann’s better words',
  });
  const deleted = await world.say('ann', ids.group, 'Ann regrets');
  await world.change('ann', ids.group, { type: 'delete', messageId: deleted.messageId });
  const attachmentId = attachmentIdOf(edited.messageId);
  const attachment = {
    attachmentId,
    fileName: 'ann.png',
    contentType: 'image/png',
    size: 1,
    sha256: null,
    availableAt: null,
  };
  await world.attachments.reserve(
    anAttachmentRecord({
      ...{ ...attachment, conversationId: ids.group, messageId: edited.messageId, ownerId: 'ann' },
    }),
  );
  world.attachments.uploaded.set(attachmentId, Buffer.from('data'));
  await world.say('ann', ids.group, 'Ann’s picture', { attachment });
  const ofCy = await world.say('cy', ids.group, 'Cy’s own');
  await world.change('ann', ids.group, { type: 'react', messageId: ofCy.messageId, emoji: '🎉' });
  await world.change('cy', ids.group, { type: 'react', messageId: ofCy.messageId, emoji: '🎉' });
  await world.change('cy', ids.group, { type: 'delete', messageId: ofCy.messageId });
  for (let n = 0; n < 45; n++) await world.say('ann', ids.group, `Ann goes on ${n}`);

  await world.say('ann', ids.left, 'Ann was here');
  await world.change('ann', ids.left, { type: 'remove-member', userId: 'ann' });
  await world.say('ann', ids.alone, 'Dear Ann');
  await world.blocks.block('ann', 'cy', world.clock.now());
  await world.presence.connected('ann', 'ann-phone');
  return { world, ids, attachmentId };
};

type Life = Awaited<ReturnType<typeof aLifeOfAnn>>;

/** All that is known of a conversation, apart from when. */
const stateOf = ({ world, ids }: Life) =>
  Object.values(ids).map((id) => {
    const stored = world.log.stored(id);
    const { headSeq, headRev, title, metadata, directMembers } = stored?.head ?? {};
    const messages = stored?.messages.map(({ senderId, messageText, type, deletedAt, reactions }) => {
      return { senderId, messageText, type, isDeleted: deletedAt !== null, reactions };
    });
    const members = [...(stored?.members.values() ?? [])].map(({ userId, role, leftSeq }) => ({
      userId,
      role,
      leftSeq,
    }));
    return { headSeq, headRev, title, metadata, directMembers, messages, members };
  });

const isErased = async (life: Life): Promise<void> => {
  const { world, ids, attachmentId } = life;
  for (const id of Object.values(ids)) {
    const stored = world.log.stored(id);
    expect(stored?.members.get('ann')?.leftSeq).not.toBeNull();
    for (const { senderId, type, messageText, deletedAt, seq } of stored?.messages ?? []) {
      if (senderId !== 'ann' || type === 'system') continue;
      expect({ messageText, isDeleted: deletedAt !== null }).toEqual({ messageText: null, isDeleted: true });
      expect(await world.changes.versions(id, seq)).toEqual([]);
    }
    expect(stored?.messages.map(({ seq }) => seq)).toEqual(stored?.messages.map((_, n) => n + 1));
    const changes = await world.changes.changes(id, 0, 1000);
    expect(changes.map(({ rev }) => rev)).toEqual(changes.map((_, n) => n + 1));
    expect(await world.changes.reactionsBy(id, 'ann', { from: 1, to: 1000 })).toEqual([]);
  }
  expect(world.attachments.records.has(attachmentId) || world.attachments.uploaded.has(attachmentId)).toBe(
    false,
  );
  expect(await world.log.anyOf('ann')).toBeUndefined();
  expect(await world.inbox.list('ann', 100, undefined)).toEqual([]);
  for (const { message } of messagesIn(await world.inbox.list('bo', 100, undefined)))
    expect(message.type).toBe('system');
  expect(await world.blocks.blockedBy('ann', 10, undefined)).toEqual([]);
  expect(await world.blocks.blockersIn(ids.pair)).toEqual(['ann']);
  expect(await world.accounts.findByUsername('ann')).toBeUndefined();
  expect(await world.names.find('ann', 10, undefined)).toEqual([]);
  expect(await world.presence.standing('ann')).toMatchObject({ connections: [], lastSeenAt: null });
};

const counts = {
  accounts: 1,
  conversations: 4,
  messages: 1 + 1 + 1 + 1 + 45 + 1 + 1,
  attachments: 1,
  reactions: 2,
  inboxItems: 1,
  blocks: 1,
};

describe('the erasure of a user', () => {
  it('leaves places without content, and tells what it did', async () => {
    const life = await aLifeOfAnn();
    expect(await life.world.erase('ann')).toEqual({ jobId });
    expect(await life.world.report()).toMatchObject({ state: 'running', finishedAt: null });
    await life.world.workOff();
    await isErased(life);
    expect(await life.world.report()).toMatchObject({ kind: 'erasure', state: 'done', counts });
    expect(JSON.stringify(await life.world.jobs.find(jobId))).not.toContain('ann');
  });

  it('tells members of each message, and takes what it ends off the air', async () => {
    const { world, ids } = await aLifeOfAnn();
    await world.erase('ann');
    await world.workOff();
    const told = world.broadcaster.pushed.filter(({ to }) => to === ids.group).map(({ event }) => event.type);
    expect(told.filter((type) => type === 'message.deleted')).toHaveLength(48);
    expect(told).toContain('member.removed');
    expect(world.events.published.filter(({ type }) => type === 'message.deleted')).toHaveLength(51);
    expect(world.broadcaster.closed).toEqual(['ann-phone']);
    expect(world.broadcaster.left).toContainEqual({ conversationId: ids.group, userId: 'ann' });
  });

  it('leaves others what they wrote, and the partner the conversation', async () => {
    const { world, ids } = await aLifeOfAnn();
    await world.erase('ann');
    await world.workOff();
    const texts = world.log.stored(ids.pair)?.messages.map(({ messageText }) => messageText);
    expect(texts).toEqual([null, 'Bo to her', null]);
    expect(await world.log.conversationsOf('bo')).toContain(ids.pair);
    expect(world.log.stored(ids.pair)?.head.directMembers).toEqual(['bo']);
    expect(await world.changes.reactionsBy(ids.group, 'cy', { from: 1, to: 100 })).toHaveLength(1);
  });

  it('makes the one who has been there longest the owner, admins first', async () => {
    for (const [admin, heir] of [
      [undefined, 'bo'],
      ['cy', 'cy'],
    ] as const) {
      const { world, ids } = await aLifeOfAnn();
      if (admin) await world.change('ann', ids.group, { type: 'set-role', userId: admin, role: 'admin' });
      await world.erase('ann');
      await world.workOff();
      const owners = (await world.log.members(ids.group)).filter(({ role }) => role === 'owner');
      expect(owners.map(({ userId }) => userId)).toEqual([heir]);
      expect(world.log.stored(ids.alone)?.head).toMatchObject({ title: null, metadata: null });
    }
  });

  it('is one erasure, however often it is asked for', async () => {
    const { world } = await aLifeOfAnn();
    const asked = await Promise.all([world.erase('ann'), world.erase('ann')]);
    await world.workOff();
    expect([...asked, await world.erase('ann')]).toEqual([{ jobId }, { jobId }, { jobId }]);
    await world.workOff();
    expect(await world.report()).toMatchObject({ state: 'done', counts });
  });

  it('by an operator is the same erasure, recorded as theirs, and none of a user that is not there', async () => {
    const { world } = await aLifeOfAnn();
    const erase = eraseAnyUser({ ...world.parts(), newId: () => jobId });
    const operator = { userId: 'op', roles: ['admin'], token: aToken() };
    await expect(erase({ ...operator, roles: [] }, 'ann', tracing)).rejects.toMatchObject({
      code: 'not-permitted',
    });
    for (const nobody of ['nobody', '', 'a\u0000'])
      await expect(erase(operator, nobody, tracing)).rejects.toMatchObject({ code: 'not-found' });
    expect(await erase(operator, 'ann', tracing)).toEqual({ jobId });
    await world.workOff();
    expect(await world.erase('ann')).toEqual({ jobId });
    expect(await world.report()).toMatchObject({ state: 'done', counts });
    const range = { from: new Date(0), to: world.clock.now(), limit: 10 };
    expect(await world.audit.list(range)).toMatchObject([
      { action: 'user.erased', actorId: 'op', userId: 'ann', jobId },
    ]);
  });

  it('of somebody without an account and without a message is done as well', async () => {
    const world = new World();
    await world.erase('auth0|7');
    await world.workOff();
    expect(await world.report()).toMatchObject({ state: 'done', counts: { accounts: 0, messages: 0 } });
  });

  it('refuses the user from then on, and gives the name to nobody', async () => {
    const { world } = await aLifeOfAnn();
    const requireGood = requireGoodToken({ revocations: world.revocations, hasAccounts: true });
    const requirePresent = (userId: string) => requireGood(userId, aToken());
    await requirePresent('ann');
    await world.erase('ann');
    await expect(requirePresent('ann')).rejects.toMatchObject({ code: 'unauthenticated' });
    await requirePresent('bo');
    await world.workOff();
    await expect(world.register('ann')).rejects.toMatchObject({ code: 'username-taken' });
  });

  it.each([
    ['before it does anything', false],
    ['when its answer is lost', true],
  ])('comes to the same end whichever call fails %s', { timeout: 120_000 }, async (_, isAnswerLost) => {
    const calm = await aLifeOfAnn(new Calls());
    await calm.world.erase('ann');
    await calm.world.workOff();
    const end = stateOf(calm);
    expect(calm.world.calls.count).toBeGreaterThan(300);
    for (let dying = 1; dying <= calm.world.calls.count; dying++) {
      const life = await aLifeOfAnn(new Calls(dying, isAnswerLost));
      await life.world.erase('ann').catch(() => life.world.erase('ann'));
      await life.world.workOff();
      await isErased(life);
      expect(stateOf(life), `call ${dying}`).toEqual(end);
      expect(await life.world.report(), `call ${dying}`).toMatchObject({ state: 'done', counts });
    }
  });

  it('of somebody else is not found by an id that nobody has', async () => {
    const world = new World();
    for (const id of ['', 'j-', jobId, '../Jobs', "j-' or 1 eq 1"])
      await expect(getJob({ jobs: world.jobs })(id)).rejects.toMatchObject({ code: 'not-found' });
  });
});
