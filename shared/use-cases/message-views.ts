import { forEach } from '../domain/chunks.ts';
import { canSee, toRanges, type Head, type Member } from '../domain/conversation.ts';
import { asMessage, shownAt, type LoggedMessage, type Message, type Progress } from '../domain/message.ts';
import { statusOf } from '../domain/progress.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog, SeqRange, WatermarkMoves } from '../ports/conversation-log.ts';

export interface MessageViewParts {
  log: Pick<ConversationLog, 'members' | 'read' | 'moves'>;
  clock: Clock;
}

/** How far others have got: the slowest of them decides. */
interface Others {
  members: Member[];
  /** Of direct conversations; in a group each member's receipts tell when. */
  moves: Map<string, WatermarkMoves>;
}

const latest = (times: (string | null | undefined)[]): string | null =>
  times.every((time) => typeof time === 'string') ? (times.toSorted().at(-1) ?? null) : null;

const progressOf = ({ members, moves }: Others, { seq, senderId }: LoggedMessage): Progress => {
  const readers = members.filter(({ userId }) => userId !== senderId);
  const when = (watermark: keyof WatermarkMoves): string | null =>
    latest(
      readers.map(({ userId }) => moves.get(userId)?.[watermark].find(({ upToSeq }) => upToSeq >= seq)?.at),
    );
  const status = statusOf(members, { seq, senderId });
  return {
    status,
    deliveredAt: status === 'sent' ? null : when('delivered'),
    readAt: status === 'read' ? when('read') : null,
  };
};

/** For two users it is four range reads when they got what; for a group it would be two for each member. */
const othersIn = async (
  log: Pick<ConversationLog, 'moves'>,
  { conversationId, type }: Head,
  range: SeqRange,
  known: Promise<Member[]>,
): Promise<Others> => {
  const members = await known;
  const timed = type === 'direct' ? members : [];
  const moves = await Promise.all(
    timed.map(async (member) => [member.userId, await log.moves(conversationId, member, range)] as const),
  );
  return { members, moves: new Map(moves) };
};

const viewsIn = async (
  { log, clock }: MessageViewParts,
  head: Head,
  viewer: Member,
  range: SeqRange,
  members: Promise<Member[]>,
): Promise<Message[]> => {
  const [messages, others] = await Promise.all([
    log.read(head.conversationId, range),
    othersIn(log, head, range, members),
  ]);
  const now = clock.now();
  return messages
    .filter(({ seq }) => canSee(viewer, seq))
    .map((message) => asMessage(shownAt(message, now), progressOf(others, message)));
};

/** The messages of a range as a member sees them, in ascending order. @throws ChatError `unavailable` */
export const messageViews = (
  parts: MessageViewParts,
  head: Head,
  viewer: Member,
  range: SeqRange,
): Promise<Message[]> => viewsIn(parts, head, viewer, range, parts.log.members(head.conversationId));

/** Runs of places read at once. */
const lookups = 16;

/** The messages of single places as a member sees them, in no order: places next to each other are read together. */
export const messageViewsAt = async (
  parts: MessageViewParts,
  head: Head,
  viewer: Member,
  seqs: Iterable<number>,
): Promise<Message[]> => {
  const ranges = toRanges(seqs);
  if (ranges.length === 0) return [];
  const members = parts.log.members(head.conversationId);
  const messages: Message[] = [];
  await forEach(ranges, lookups, async ([from, to]) => {
    messages.push(...(await viewsIn(parts, head, viewer, { from, to }, members)));
  });
  return messages;
};

/** One message with how far it has come. @throws ChatError `unavailable` */
export const messageView = async (
  { log, clock }: MessageViewParts,
  head: Head,
  message: LoggedMessage,
): Promise<Message> => {
  const range = { from: message.seq, to: message.seq };
  const others = await othersIn(log, head, range, log.members(head.conversationId));
  return asMessage(shownAt(message, clock.now()), progressOf(others, message));
};
