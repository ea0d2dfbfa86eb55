import { describe, expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryExpiries } from '../../../shared/adapters/memory/memory-expiries.ts';
import { MemoryInbox } from '../../../shared/adapters/memory/memory-inbox.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import type { AcceptedChange, ChangeAction } from '../../../shared/domain/change.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { changeIdOf } from '../../../shared/domain/identifiers.ts';
import { applyChange } from '../../../shared/use-cases/apply-change.ts';
import { readInbox } from '../../../shared/use-cases/read-inbox.ts';
import { aGroup, anAcceptedMessage } from '../../support/builders.ts';
import { FakeBroadcaster, FakeEventFeed, FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const [ann, bo, cy] = ['ann', 'bo', 'cy'];

const aTrip = async () => {
  const log = new MemoryConversationLog();
  const forgotten: number[] = [];
  const parts = {
    log,
    changes: new MemoryChangeLog(log),
    audit: new MemoryAudit(),
    inbox: new MemoryInbox(),
    presence: new MemoryPresence(),
    broadcaster: new FakeBroadcaster(),
    expiries: new MemoryExpiries(),
    outbox: new FakeOutbox(),
    events: new FakeEventFeed(),
    search: { forget: (_: string, seq: number) => Promise.resolve(void forgotten.push(seq)) },
    clock: new FakeTimer(),
    inboxGroupSize: 100,
    maxMembers: 3,
    restoreDays: 30,
  };
  const group = aGroup(ann, [bo]);
  const { conversationId } = group;
  await log.create(group, parts.clock.now());
  const message = { ...anAcceptedMessage({ from: bo, to: ann }), conversationId, directMembers: null };
  const { messageId } = (await log.append(message, parts.clock.now())).message;
  const apply = applyChange(parts);
  let count = 0;
  const asked = (userId: string, action: ChangeAction): AcceptedChange => ({
    changeId: changeIdOf(conversationId, userId, `k${count++}`),
    conversationId,
    userId,
    acceptedAt: parts.clock.now().toISOString(),
    action,
  });
  return {
    ...parts,
    conversationId,
    messageId,
    forgotten,
    asked,
    tell: (change: AcceptedChange) => apply(change, tracing),
    told: (to: string) => parts.broadcaster.pushed.flatMap((one) => (one.to === to ? [one.event.type] : [])),
  };
};

const add = (...userIds: string[]): ChangeAction => ({ type: 'add-members', userIds, role: 'member' });

describe('applying a change', () => {
  it('tells the time of a deletion as it is read from then on', async () => {
    const trip = await aTrip();
    const { asked, log, broadcaster, messageId, conversationId, clock } = trip;
    const ticking = { now: () => (clock.advance(1), clock.now()) };
    await applyChange({ ...trip, clock: ticking })(asked(bo, { type: 'delete', messageId }), tracing);
    const [message] = await log.read(conversationId, { from: 1, to: 1 });
    const told = broadcaster.pushed.find(({ event }) => event.type === 'message.deleted');
    expect(message?.deletedAt).toBe(told?.event.at);
  });

  it('puts a restored message back into an inbox that was read while it was deleted', async () => {
    const trip = await aTrip();
    const { tell, asked, log, inbox, messageId, conversationId } = trip;
    const [message] = await log.read(conversationId, { from: 1, to: 1 });
    await inbox.keep(ann, message ? [message] : [], 0);
    const read = async () => (await readInbox(trip)(ann, 10, undefined)).items;
    await tell(asked(bo, { type: 'delete', messageId }));
    expect(await read()).toEqual([]);
    const restoring = asked(bo, { type: 'restore', messageId });
    await tell(restoring);
    expect(await read()).toMatchObject([{ message: { messageId, messageText: 'Hello' } }]);
    await log.raise(conversationId, ann, { readSeq: 1 }, new Date());
    await tell(restoring);
    expect(await read()).toEqual([]);
  });

  it('tells of a change of what is hidden from some only those who see it', async () => {
    const { tell, asked, told, log, presence, conversationId, messageId } = await aTrip();
    await presence.connected(bo, 'phone');
    await tell(asked(ann, { type: 'update', settings: { earlierHistory: 'hidden' } }));
    await tell(asked(ann, add(cy)));
    const before = told(conversationId);
    await tell(asked(bo, { type: 'edit', messageId, messageText: 'Not for Cy' }));
    expect(told(conversationId)).toEqual(before);
    expect(told(bo)).toEqual(['message.updated']);
    const later = { ...anAcceptedMessage({ from: bo, to: ann }), conversationId, directMembers: null };
    const { message } = await log.append(later, new Date());
    await tell(asked(bo, { type: 'edit', messageId: message.messageId, messageText: 'For all' }));
    expect(told(conversationId)).toEqual([...before, 'message.updated']);
  });

  it('lets nobody back into the group by a change that comes again after others', async () => {
    const { tell, asked, broadcaster, conversationId } = await aTrip();
    const joining = asked(ann, add(cy));
    const leaving = asked(ann, { type: 'remove-member', userId: cy });
    await tell(joining);
    await tell(leaving);
    await tell(joining);
    expect(broadcaster.joined).toEqual([{ conversationId, userIds: [cy] }]);
    await tell(asked(ann, add(cy)));
    await tell(leaving);
    expect(broadcaster.left).toEqual([{ conversationId, userId: cy }]);
  });

  it('tells members and other services of it, and again when it comes again', async () => {
    const { tell, asked, told, events, messageId, conversationId } = await aTrip();
    const change = asked(bo, { type: 'edit', messageId, messageText: 'two' });
    expect(await tell(change)).toMatchObject({ rev: 1, isNew: true, pushErrors: [] });
    expect(await tell(change)).toMatchObject({ rev: 1, isNew: false });
    expect(told(conversationId)).toEqual(['message.updated', 'message.updated']);
    expect(new Set(events.published.map(({ id }) => id)).size).toBe(1);
  });

  it('tells who was removed, who is out of the group by then', async () => {
    const { tell, asked, told, presence, clock } = await aTrip();
    await presence.connected(bo, 'c1', clock.now());
    await tell(asked(ann, { type: 'remove-member', userId: bo }));
    expect(told(bo)).toEqual(['member.removed']);
  });

  it('makes the search forget a text that is no more', async () => {
    const { tell, asked, messageId, forgotten } = await aTrip();
    await tell(asked(bo, { type: 'react', messageId, emoji: 'x' }));
    expect(forgotten).toEqual([]);
    await tell(asked(ann, { type: 'delete', messageId }));
    expect(forgotten).toEqual([1]);
  });

  it('goes on when live delivery is away, and says so', async () => {
    const { tell, asked, broadcaster, changes, conversationId, messageId } = await aTrip();
    broadcaster.isDown = true;
    const { pushErrors } = await tell(asked(ann, { type: 'pin', messageId }));
    expect(pushErrors).toHaveLength(1);
    expect(await changes.changes(conversationId, 0, 10)).toHaveLength(1);
  });

  it('keeps for operators who deleted, restored, removed and promoted, once however often it comes', async () => {
    const { tell, asked, audit, messageId, conversationId } = await aTrip();
    const changes = [
      asked(ann, { type: 'delete', messageId }),
      asked(ann, { type: 'restore', messageId }),
      asked(ann, { type: 'pin', messageId }),
      asked(ann, { type: 'set-role', userId: bo, role: 'admin' }),
      asked(bo, { type: 'remove-member', userId: bo }),
    ];
    for (const change of [...changes, ...changes]) await tell(change);
    const kept = await audit.list({ from: new Date(0), to: new Date('2100-01-01'), limit: 100 });
    const about = { actorId: ann, conversationId };
    expect(kept).toHaveLength(4);
    expect(kept).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'message.deleted', ...about, messageId }),
        expect.objectContaining({ action: 'message.restored', ...about, messageId }),
        expect.objectContaining({ action: 'member.updated', ...about, userId: bo, role: 'admin' }),
        expect.objectContaining({ action: 'member.removed', ...about, actorId: bo, userId: bo }),
      ]),
    );
    expect(JSON.stringify(kept)).not.toContain('Hello');
  });

  it('is not done before operators can see it: it comes again until it is kept', async () => {
    const { asked, messageId, ...parts } = await aTrip();
    const down = { record: () => Promise.reject(new ChatError('unavailable', 'down')) };
    const change = asked(ann, { type: 'delete', messageId });
    await expect(applyChange({ ...parts, audit: down })(change, tracing)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await parts.tell(change);
    const kept = await parts.audit.list({ from: new Date(0), to: new Date('2100-01-01'), limit: 100 });
    expect(kept).toMatchObject([{ action: 'message.deleted', at: expect.any(String) as string, messageId }]);
  });

  it('is refused when it cannot be done any more', async () => {
    const { tell, asked, messageId } = await aTrip();
    const late = asked(bo, { type: 'edit', messageId, messageText: 'late' });
    await tell(asked(ann, { type: 'delete', messageId }));
    await expect(tell(late)).rejects.toMatchObject({ code: 'message-deleted' });
    await expect(tell(asked(ann, add(cy, 'di')))).rejects.toMatchObject({ code: 'group-full' });
    await tell(asked(ann, { type: 'remove-member', userId: bo }));
    await expect(tell(asked(bo, { type: 'restore', messageId }))).rejects.toMatchObject({
      code: 'not-a-member',
    });
  });
});
