import type { ChangeEvent } from '../shared/domain/event.ts';
import type { Message } from '../shared/domain/message.ts';
import { changedBy } from './changed.ts';

/**
 * What a device has of a conversation, and how that grows: pure functions. `seq` numbers the messages and `rev` the changes
 * to them, both without holes: what comes twice, late or never shows by its number.
 */

/** A message, and the last change that is in it: a change up to there is not done to it again. */
interface Entry {
  message: Message;
  rev: number;
}

/** @internal */
export interface Timeline {
  /** Of the messages above this and up to `seq` there is each that the user may see. */
  floor: number;
  seq: number;
  /** All changes up to here are in. */
  rev: number;
  /** Ascending by seq. */
  entries: readonly Entry[];
  /** The newest changes, for pages that were read before they came. */
  recent: readonly ChangeEvent[];
}

/** What an input did. @internal */
export interface Step {
  timeline: Timeline;
  /** Messages that are new at the end, in order. */
  appended: readonly Message[];
  /** Changes that were new, in order; also those of messages that are not here. */
  changes: readonly ChangeEvent[];
  /** Something is missing before this input: ask for it. */
  isBehind: boolean;
}

/** Messages that were asked for, and as of which change they are. */
export interface Excerpt {
  items: readonly Message[];
  headRev: number;
}

const keptChanges = 1000;

/** Has nothing, and misses nothing up to `seq` and `rev`. @internal */
export const timelineAt = (seq: number, rev: number): Timeline => ({
  ...{ floor: seq, seq, rev },
  entries: [],
  recent: [],
});

const nothing = (timeline: Timeline, isBehind = false): Step => ({
  ...{ timeline, appended: [], changes: [], isBehind },
});

const apply = (entry: Entry, change: ChangeEvent): Entry => {
  if (!('seq' in change) || change.seq !== entry.message.seq || change.rev <= entry.rev) return entry;
  return { message: changedBy(entry.message, change), rev: change.rev };
};

/** A message from a page that may be older than what is known of it. */
const entryOf = ({ recent }: Timeline, message: Message, rev: number): Entry =>
  recent.reduce(apply, { message, rev });

/** Takes a message as it is pushed. @internal */
export const takeMessage = (timeline: Timeline, message: Message): Step => {
  if (message.seq <= timeline.seq) return nothing(timeline);
  if (message.seq > timeline.seq + 1) return nothing(timeline, true);
  const entries = [...timeline.entries, entryOf(timeline, message, 0)];
  return { ...nothing({ ...timeline, entries, seq: message.seq }), appended: [message] };
};

/** Takes a change as it is pushed. @internal */
export const takeChange = (timeline: Timeline, change: ChangeEvent): Step => {
  if (change.rev <= timeline.rev) return nothing(timeline);
  const isUnknown = 'seq' in change && change.seq > timeline.seq;
  const isIncomplete = change.type === 'message.updated' && change.message === undefined;
  if (change.rev > timeline.rev + 1 || isUnknown || isIncomplete) return nothing(timeline, true);
  return takeChanges(timeline, [change], change.rev);
};

/**
 * Takes changes that were asked for: all after `timeline.rev`, or an earlier one, up to `upToRev`.
 * @returns `isBehind` if one is of a message that is not here yet: ask for messages first, then for the changes again
 * @internal
 */
export const takeChanges = (timeline: Timeline, all: readonly ChangeEvent[], upToRev: number): Step => {
  const changes = all.filter(({ rev }) => rev > timeline.rev);
  if (changes.some((change) => 'seq' in change && change.seq > timeline.seq)) return nothing(timeline, true);
  const entries = changes.some((change) => 'seq' in change)
    ? timeline.entries.map((entry) => changes.reduce(apply, entry))
    : timeline.entries;
  const recent = [...timeline.recent, ...changes].slice(-keptChanges);
  const rev = Math.max(timeline.rev, upToRev);
  return { ...nothing({ ...timeline, entries, recent, rev }), changes };
};

/** Takes a page that has everything above `timeline.seq`, or an earlier place, up to `upToSeq`. @internal */
export const takeNewer = (timeline: Timeline, page: Excerpt, upToSeq: number): Step => {
  const fresh = page.items.filter(({ seq }) => seq > timeline.seq);
  const added = fresh.map((message) => entryOf(timeline, message, page.headRev));
  const entries = [...timeline.entries, ...added];
  const seq = Math.max(timeline.seq, upToSeq);
  return { ...nothing({ ...timeline, entries, seq }), appended: added.map(({ message }) => message) };
};

/**
 * Takes a page that has everything above `floor` and up to `timeline.floor`.
 * @returns `isBehind` if the page was read before changes that are forgotten: ask again
 * @internal
 */
export const takeOlder = (timeline: Timeline, page: Excerpt, floor: number): Step => {
  const [first] = timeline.recent;
  const isOld = page.headRev < timeline.rev && (first === undefined || page.headRev < first.rev - 1);
  if (isOld) return nothing(timeline, true);
  const older = page.items.filter(({ seq }) => seq <= timeline.floor);
  const added = older.map((message) => entryOf(timeline, message, page.headRev));
  const entries = [...added, ...timeline.entries];
  return nothing({ ...timeline, entries, floor: Math.min(floor, timeline.floor) });
};

/** Forgets all but the newest messages. @internal */
export const trimmed = (timeline: Timeline, keep: number): Timeline => {
  const { entries } = timeline;
  const last = entries.at(-keep - 1);
  if (!last) return timeline;
  return { ...timeline, entries: entries.slice(-keep), floor: last.message.seq };
};
