import type { DeadLettersQuery, DeadLetterView } from '../contract/operations.ts';
import {
  type DeadLetter,
  deadLetterIdOf,
  type DeadLetterPlace,
  deadLetterPlaceOf,
  deadLetterSources,
} from '../domain/dead-letter.ts';
import { ChatError, malformed } from '../domain/errors.ts';
import { outlineOf } from '../domain/outline.ts';
import type { Caller } from '../domain/user.ts';
import type { Audit } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeadLetters } from '../ports/dead-letters.ts';
import { badCursor, decodeCursor, pageFrom, type Page } from './page.ts';
import { requireAdmin } from './require-admin.ts';

export interface DeadLettersParts {
  deadLetters: DeadLetters;
  audit: Pick<Audit, 'record'>;
  clock: Clock;
  newId: () => string;
}

const notThere = (): ChatError => new ChatError('not-found', 'There is no such dead letter (any more).');

const placeOf = (deadLetterId: string): DeadLetterPlace => {
  const place = deadLetterPlaceOf(deadLetterId);
  if (!place) throw notThere();
  return place;
};

/** @throws ChatError `malformed-request` */
const cursorPlace = (cursor: string): DeadLetterPlace => {
  const place = deadLetterPlaceOf(decodeCursor(cursor));
  if (!place) throw badCursor();
  return place;
};

/**
 * What was not worked off, source by source, in each the oldest first. Ids, times and reasons only.
 * @param read gives the query; it is asked after the caller is known to be an admin
 * @throws ChatError `not-permitted` before anything else, what `read` throws, `malformed-request`, `unavailable`
 */
export const listDeadLetters =
  ({ deadLetters }: Pick<DeadLettersParts, 'deadLetters'>) =>
  async (caller: Caller, read: () => DeadLettersQuery): Promise<Page<DeadLetter>> => {
    requireAdmin(caller);
    const { source, cursor, limit } = read();
    const after = cursor === undefined ? undefined : cursorPlace(cursor);
    const wanted = source === undefined ? deadLetterSources : [source];
    if (after && !wanted.includes(after.source)) throw malformed('/cursor', 'must be of the same source');
    const found: DeadLetter[] = [];
    for (const each of wanted.slice(after ? wanted.indexOf(after.source) : 0)) {
      const behind = each === after?.source ? after.sequenceNumber : undefined;
      found.push(...(await deadLetters.list(each, behind, limit + 1 - found.length)));
      if (found.length > limit) break;
    }
    return pageFrom(found, limit, ({ deadLetterId }) => deadLetterId);
  };

/**
 * One dead letter, with an outline of its content. That it was looked at is recorded before it is answered.
 * @throws ChatError `not-permitted`, `not-found`, `unavailable`
 */
export const getDeadLetter =
  ({ deadLetters, audit, clock, newId }: DeadLettersParts) =>
  async (caller: Caller, deadLetterId: string): Promise<DeadLetterView> => {
    requireAdmin(caller);
    const found = await deadLetters.find(placeOf(deadLetterId));
    if (!found) throw notThere();
    const at = clock.now().toISOString();
    await audit.record({ action: 'dead-letter.read', at, actorId: caller.userId, deadLetterId }, newId());
    return { ...found.letter, outline: outlineOf(found.content) };
  };

/** @param action recorded before it is done: nothing would record it again. @throws ChatError `not-found` and others */
const taking =
  (action: 'dead-letter.redriven' | 'dead-letter.discarded', take: 'redrive' | 'discard') =>
  ({ deadLetters, audit, clock, newId }: DeadLettersParts) =>
  async (caller: Caller, deadLetterId: string): Promise<{ deadLetterId: string }> => {
    requireAdmin(caller);
    const place = placeOf(deadLetterId);
    const named = deadLetterIdOf(place);
    const at = clock.now().toISOString();
    await audit.record({ action, at, actorId: caller.userId, deadLetterId: named }, newId());
    if (!(await deadLetters[take](place))) throw notThere();
    return { deadLetterId: named };
  };

/**
 * Sends a dead letter again to where it came from: with its session, its content and its trace. What it does it does once,
 * whatever was done of it before, and however often this is asked.
 * @throws ChatError `not-permitted`, `not-found`, `cannot-redrive`, `unavailable`: then ask again
 */
export const redriveDeadLetter = taking('dead-letter.redriven', 'redrive');

/** Takes a dead letter away for good. @throws ChatError `not-permitted`, `not-found`, `unavailable`: then ask again */
export const discardDeadLetter = taking('dead-letter.discarded', 'discard');
