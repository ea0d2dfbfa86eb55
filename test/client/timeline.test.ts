import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../shared/domain/event.ts';
import { asMessage, type Message } from '../../shared/domain/message.ts';
import { changedBy } from '../../client/changed.ts';
import {
  type Step,
  takeChange,
  takeChanges,
  takeMessage,
  takeNewer,
  takeOlder,
  type Timeline,
  timelineAt,
  trimmed,
} from '../../client/timeline.ts';
import { aLoggedMessage } from '../support/builders.ts';

/** What a service has: messages, changes of them, and pages as of any moment. */
class Log {
  readonly messages: Message[] = [];
  readonly changes: ChangeEvent[] = [];
  /** Everything that was pushed, in order. */
  readonly pushed: (Message | ChangeEvent)[] = [];

  say(): void {
    const message = asMessage(aLoggedMessage({ seq: this.messages.length + 1 }));
    this.messages.push(message);
    this.pushed.push(structuredClone(message));
  }

  change(at: number, kind: number): void {
    const message = this.messages[at % Math.max(1, this.messages.length)];
    if (!message) return;
    const { seq, messageId, conversationId } = message;
    const told = { rev: this.changes.length + 1, at: '2026-01-02T00:00:00.000Z', by: 'ann', conversationId };
    const about = { ...told, seq, messageId };
    const reaction = { ...about, emoji: `${kind % 3}`, userId: `user-${kind % 5}` };
    const edited = { ...message, messageText: `edit ${told.rev}`, editedAt: told.at };
    const change = [
      { ...about, type: 'message.updated' as const, message: edited },
      { ...about, type: 'message.deleted' as const },
      { ...about, type: 'message.pinned' as const },
      { ...about, type: 'message.unpinned' as const },
      { ...reaction, type: 'reaction.added' as const },
      { ...reaction, type: 'reaction.removed' as const },
    ][kind % 6];
    if (!change || (message.deletedAt !== null && change.type !== 'message.updated')) return;
    this.messages[seq - 1] = changedBy(message, change);
    this.changes.push(change);
    this.pushed.push(structuredClone(change));
  }

  newer(after: number, limit: number) {
    const items = structuredClone(this.messages.slice(after, after + limit));
    return { page: { items, headRev: this.changes.length }, upTo: items.at(-1)?.seq ?? after };
  }

  older(floor: number, limit: number) {
    const reached = Math.max(0, floor - limit);
    const items = structuredClone(this.messages.slice(reached, floor));
    return { page: { items, headRev: this.changes.length }, reached };
  }
}

const take = (timeline: Timeline, input: Message | ChangeEvent): Step =>
  'rev' in input ? takeChange(timeline, input) : takeMessage(timeline, input);

/** Asks for everything that is missing. */
const synced = (timeline: Timeline, log: Log, told: Message[]): Timeline => {
  const { page, upTo } = log.newer(timeline.seq, log.messages.length);
  const newer = takeNewer(timeline, page, upTo);
  told.push(...newer.appended);
  const step = takeChanges(newer.timeline, structuredClone(log.changes), log.changes.length);
  expect(step.isBehind).toBe(false);
  return step.timeline;
};

const shown = (timeline: Timeline): Message[] => timeline.entries.map(({ message }) => message);

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('change' as const), at: fc.nat(40), what: fc.nat(60) }),
  },
  // Any of what was pushed so far, or none of it, arrives: in any order, any number of times.
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('arrive' as const), which: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('next' as const) }) },
  // A page is asked for now, and answered later.
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('ask' as const), limit: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sync' as const) }) },
);

describe('what a device shows', () => {
  it(
    'is the same list whatever was lost, repeated, late or out of order before it synced',
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(
          fc.array(action, { minLength: 10, maxLength: 80 }),
          fc.nat(6),
          fc.nat(6),
          (actions, before, base) => {
            const log = new Log();
            for (let count = 0; count < before; count++) log.say();
            const first = Math.min(base, before);
            let timeline = timelineAt(first, 0);
            const told: Message[] = [];
            const asked: (() => Step)[] = [];
            const commit = (step: Step): void => {
              timeline = step.timeline;
              told.push(...step.appended);
            };
            let next = 0;
            for (const one of actions) {
              if (one.kind === 'say') log.say();
              else if (one.kind === 'change') log.change(one.at, one.what);
              else if (one.kind === 'sync') timeline = synced(timeline, log, told);
              else if (one.kind === 'arrive' || one.kind === 'next') {
                const input =
                  one.kind === 'next'
                    ? log.pushed[next++]
                    : log.pushed[one.which % Math.max(1, log.pushed.length)];
                if (input) commit(take(timeline, input));
              } else if (one.kind === 'ask') {
                const { page, upTo } = log.newer(timeline.seq, one.limit);
                asked.push(() => takeNewer(timeline, page, upTo));
              } else {
                const answer = asked[one.which];
                if (answer) commit(answer());
              }
            }
            timeline = synced(timeline, log, told);
            expect(shown(timeline)).toEqual(log.messages.slice(first));
            // Each message was told once, in order.
            expect(told.map(({ seq }) => seq)).toEqual(log.messages.slice(first).map(({ seq }) => seq));
            expect(timeline).toMatchObject({ seq: log.messages.length, rev: log.changes.length });
          },
        ),
        { numRuns: 2000, seed: 20260101 },
      );
    },
  );

  it('grows backwards by pages that were read before later changes came', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.tuple(fc.nat(30), fc.nat(60)), { maxLength: 20 }),
        fc.nat(20),
        (count, limit, changes, readAt) => {
          const log = new Log();
          for (let said = 0; said < count; said++) log.say();
          let timeline = timelineAt(count, 0);
          let late: ReturnType<Log['older']> | undefined;
          for (const [index, [at, what]] of changes.entries()) {
            if (index === readAt) late = log.older(timeline.floor, limit);
            log.change(at, what);
            const change = log.changes[timeline.rev];
            if (change) timeline = takeChange(timeline, structuredClone(change)).timeline;
          }
          if (late) timeline = takeOlder(timeline, late.page, late.reached).timeline;
          while (timeline.floor > 0) {
            const { page, reached } = log.older(timeline.floor, limit);
            timeline = takeOlder(timeline, page, reached).timeline;
          }
          expect(shown(timeline)).toEqual(log.messages);
        },
      ),
      { numRuns: 1000, seed: 20260102 },
    );
  });

  it('asks again for a page that is older than all changes that it remembers', () => {
    const log = new Log();
    log.say();
    const early = log.older(1, 10);
    log.change(0, 4);
    const timeline = { ...timelineAt(1, 0), rev: 1 };
    expect(takeOlder(timeline, early.page, early.reached)).toMatchObject({ isBehind: true, timeline });
    const { page, reached } = log.older(1, 10);
    expect(shown(takeOlder(timeline, page, reached).timeline)).toEqual(log.messages);
  });

  it('keeps the newest only where nobody looks at it, and can load the others again', () => {
    const log = new Log();
    for (let said = 0; said < 10; said++) log.say();
    let timeline = synced(timelineAt(0, 0), log, []);
    timeline = trimmed(timeline, 3);
    expect(shown(timeline).map(({ seq }) => seq)).toEqual([8, 9, 10]);
    const { page, reached } = log.older(timeline.floor, 100);
    expect(shown(takeOlder(timeline, page, reached).timeline)).toEqual(log.messages);
  });

  it('misses no change of a message that it has not got yet', () => {
    const log = new Log();
    log.say();
    log.say();
    log.change(1, 0);
    const [first, , change] = log.pushed as [Message, Message, ChangeEvent];
    const { timeline } = takeMessage(timelineAt(0, 0), first);
    expect(takeChange(timeline, change)).toMatchObject({ isBehind: true, timeline });
    expect(takeChanges(timeline, [change], 1)).toMatchObject({ isBehind: true, timeline });
    expect(shown(synced(timeline, log, []))).toEqual(log.messages);
  });
});
