import type { LoggedMessage } from './message.ts';
import { truncate } from './text.ts';

export type ConversationType = 'direct' | 'group';
export type Role = 'owner' | 'admin' | 'member';
export type EarlierHistory = 'visible' | 'hidden';

/** Anything that an app wants to keep with a conversation: a JSON object of its own. */
export type Metadata = Record<string, unknown>;

/** The state of a conversation that every append moves on. */
export interface Head {
  conversationId: string;
  type: ConversationType;
  title: string | null;
  metadata: Metadata | null;
  /** The app's own name for it: of two conversations only one can have it. */
  externalRef: string | null;
  createdBy: string;
  createdAt: string;
  /** When the newest message came; before the first, when it was created. */
  lastActivityAt: string;
  /** The newest message, of a long text its beginning only. */
  lastMessage: LoggedMessage | null;
  /** The two users of a direct conversation; empty for groups. */
  directMembers: string[];
  /** Seconds for which messages are kept; null: for ever. */
  retentionSeconds: number | null;
  /** What new members see of the time before them. */
  earlierHistory: EarlierHistory;
  /** The `rev` at which its members last changed. */
  membersRev: number;
  /** Number of messages: `seq` runs from 1 to this without a hole. */
  headSeq: number;
  /** Number of changes to what is already there. */
  headRev: number;
}

/** A user's place in a conversation. */
export interface Member {
  userId: string;
  role: Role;
  /** Head when the user joined. */
  joinedSeq: number;
  /** Head when the user left, of one who did. */
  leftSeq: number | null;
  /** Places that the user never sees: what came while away, or before joining where that is hidden. */
  hidden: Ranges;
  /** Everything up to here has reached the user. Never falls. */
  deliveredSeq: number;
  /** What was acknowledged beyond `deliveredSeq` while something below it was not. */
  deliveredAhead: Ranges;
  /** Everything up to here was read by the user. Never falls, never exceeds `deliveredSeq`. */
  readSeq: number;
  /** Up to here a delivery check has put what was missing into the inbox. */
  checkedSeq: number;
}

/** Code points of a text that a list of conversations shows. */
const previewLength = 200;

/** A message as a list of conversations shows it. */
export const previewOf = (message: LoggedMessage): LoggedMessage => ({
  ...message,
  messageText: message.messageText === null ? null : truncate(message.messageText, previewLength),
});

/** A user's own settings of a conversation. */
export interface Listing {
  conversationId: string;
  archivedAt: string | null;
  /** Until when the user wants not to be called by it; null: it is not muted. */
  mutedUntil: string | null;
}

/** Until somebody says otherwise. */
export const forEver = '9999-12-31T23:59:59.999Z';

/** Whether a conversation is muted, and until when if that has an end. */
export const mutingAt = (
  { mutedUntil }: Pick<Listing, 'mutedUntil'>,
  now: Date,
): { muted: boolean; mutedUntil: string | null } => {
  const muted = mutedUntil !== null && mutedUntil > now.toISOString();
  return { muted, mutedUntil: muted && mutedUntil !== forEver ? mutedUntil : null };
};

/** A conversation to be: what its creator determines. */
export interface NewConversation {
  conversationId: string;
  type: ConversationType;
  title: string | null;
  metadata: Metadata | null;
  externalRef: string | null;
  retentionSeconds: number | null;
  earlierHistory: EarlierHistory;
  createdBy: string;
  members: { userId: string; role: Role }[];
}

/** The conversation that the first message between two users makes. */
export const newDirectConversation = (
  conversationId: string,
  createdBy: string,
  userIds: readonly [string, string],
): NewConversation => ({
  conversationId,
  type: 'direct',
  title: null,
  metadata: null,
  externalRef: null,
  retentionSeconds: null,
  earlierHistory: 'visible',
  createdBy,
  members: userIds.map((userId) => ({ userId, role: 'member' })),
});

/** Ascending, disjoint, inclusive ranges of `seq`. */
export type Ranges = readonly (readonly [from: number, to: number])[];

const inRanges = (ranges: Ranges, seq: number): boolean =>
  ranges.some(([from, to]) => from <= seq && seq <= to);

/** Whether a message has reached a member. */
export const isDelivered = (member: Pick<Member, 'deliveredSeq' | 'deliveredAhead'>, seq: number): boolean =>
  seq <= member.deliveredSeq || inRanges(member.deliveredAhead, seq);

/** Whether a member may see what stands at a place. */
export const canSee = (member: Pick<Member, 'hidden'>, seq: number): boolean => !inRanges(member.hidden, seq);

/** A user's place in a conversation at its beginning. */
export const newMember = (userId: string, role: Role): Member => ({
  userId,
  role,
  joinedSeq: 0,
  leftSeq: null,
  hidden: [],
  deliveredSeq: 0,
  deliveredAhead: [],
  readSeq: 0,
  checkedSeq: 0,
});

/**
 * A user's place after joining, or coming back, behind `headSeq` messages. What came between leaving and coming back is
 * hidden for ever, what came before joining where the conversation says so.
 * @param before the place of one who was there before
 * @param readSeq up to here there is nothing new for the user
 */
export const joined = (
  userId: string,
  role: Role,
  { earlierHistory, headSeq }: Pick<Head, 'earlierHistory' | 'headSeq'>,
  readSeq: number,
  before: Member | undefined,
): Member => {
  const from = before?.leftSeq == null ? 1 : before.leftSeq + 1;
  const isHidden = (before !== undefined || earlierHistory === 'hidden') && from <= headSeq;
  return {
    ...(before ?? newMember(userId, role)),
    role,
    joinedSeq: headSeq,
    leftSeq: null,
    hidden: isHidden ? union(before?.hidden ?? [], [[from, headSeq]]) : (before?.hidden ?? []),
    deliveredSeq: readSeq,
    deliveredAhead: [],
    readSeq,
    checkedSeq: readSeq,
  };
};

/** Numbers as ascending, disjoint ranges. */
export const toRanges = (seqs: Iterable<number>): Ranges => {
  const ranges: [number, number][] = [];
  for (const seq of [...new Set(seqs)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
};

/** Ranges kept of what lies beyond a gap: some 10 KiB as JSON, of the 64 that a property takes. */
const maxRanges = 500;

/** Two lists of ranges as one. */
const union = (a: Ranges, b: Ranges): Ranges => {
  const merged: [number, number][] = [];
  for (const [from, to] of [...a, ...b].sort((x, y) => x[0] - y[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
};

const above = (ranges: Ranges, seq: number): Ranges =>
  ranges.filter(([, to]) => to > seq).map(([from, to]) => [Math.max(from, seq + 1), to]);

/**
 * Adds single acknowledged messages to what a member is known to have. The watermark rises over everything that is now
 * known without a gap; what lies beyond a gap is remembered, so that closing the gap later brings it in, and a message
 * that was never acknowledged is never taken for delivered.
 * @param known seqs above the watermark that count as delivered: those acknowledged, and the member's own messages
 */
export const acknowledge = (
  member: Pick<Member, 'deliveredSeq' | 'deliveredAhead'>,
  known: Iterable<number>,
): Pick<Member, 'deliveredSeq' | 'deliveredAhead'> => {
  const { deliveredSeq } = member;
  const ranges = above(union(member.deliveredAhead, toRanges(known)), deliveredSeq);
  const [first, ...rest] = ranges;
  // Of more than can be kept the highest are left out: such messages are seen again, none is taken for delivered.
  if (first?.[0] !== deliveredSeq + 1) return { deliveredSeq, deliveredAhead: ranges.slice(0, maxRanges) };
  return { deliveredSeq: first[1], deliveredAhead: rest.slice(0, maxRanges) };
};

/**
 * Raises a member's watermarks. Neither falls; places beyond the head count as the head; what was read was delivered.
 */
export const raiseWatermarks = (
  member: Member,
  { deliveredSeq = 0, readSeq = 0 }: { deliveredSeq?: number; readSeq?: number },
  headSeq: number,
): Member => {
  const read = Math.max(member.readSeq, Math.min(readSeq, headSeq));
  return { ...member, ...raiseTo(member, Math.max(Math.min(deliveredSeq, headSeq), read)), readSeq: read };
};

/** Which of a member's watermarks rose by a change, and to where. */
export const raisedBetween = (
  before: Member,
  after: Member,
): { deliveredSeq?: number; readSeq?: number } => ({
  ...(after.deliveredSeq > before.deliveredSeq && { deliveredSeq: after.deliveredSeq }),
  ...(after.readSeq > before.readSeq && { readSeq: after.readSeq }),
});

/** When a message gets its place: now, but never before the one it follows, whatever the clock says. */
export const placedAt = (now: Date, lastAt: string): string => {
  const at = now.toISOString();
  return at > lastAt ? at : lastAt;
};

/** Raises the watermark to a place up to which a member says to have everything. */
export const raiseTo = (
  member: Pick<Member, 'deliveredSeq' | 'deliveredAhead'>,
  upToSeq: number,
): Pick<Member, 'deliveredSeq' | 'deliveredAhead'> => {
  if (upToSeq <= member.deliveredSeq) return member;
  return acknowledge({ deliveredSeq: upToSeq, deliveredAhead: member.deliveredAhead }, []);
};
