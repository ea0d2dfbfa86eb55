import type { AcceptedChange, ErasureAction } from '../domain/change.ts';
import { forEach } from '../domain/chunks.ts';
import { decideErasure } from '../domain/decide-erasure.ts';
import { changeIdOf, isGroup } from '../domain/identifiers.ts';
import type { ErasurePiece, PieceReport } from '../domain/job.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import { carryOut, type ApplyChangeParts } from './apply-change.ts';

export interface EraseInConversationParts extends ApplyChangeParts {
  log: Pick<ConversationLog, 'memberIds' | 'members' | 'read' | 'moves' | 'head' | 'forgetMember'>;
  changes: Pick<ChangeLog, 'apply' | 'ground' | 'forgetVersions' | 'reactionsBy'>;
  inbox: Pick<Inbox, 'keep' | 'forget'>;
  blocks: Pick<Blocks, 'close'>;
  attachments: Pick<Attachments, 'erase'>;
  outbox: Pick<Outbox, 'scheduleCheck' | 'enqueueJob'>;
}

/** Places looked at in one piece. */
const places = 500;

/** Messages and reactions erased in one piece: what else is said in the conversation waits for a second at the most. */
const maxErased = 20;

/** Inboxes looked at at once. */
const concurrency = 16;

/** One piece of a conversation. */
class Piece {
  readonly #parts: EraseInConversationParts;
  readonly #piece: ErasurePiece;
  readonly #tracing: Tracing;

  constructor(parts: EraseInConversationParts, piece: ErasurePiece, tracing: Tracing) {
    this.#parts = parts;
    this.#piece = piece;
    this.#tracing = tracing;
  }

  /** From now on the user is nobody here: what of theirs still comes is refused. */
  async leave(): Promise<void> {
    const { conversationId, userId, step } = this.#piece;
    if (!isGroup(conversationId)) await this.#parts.blocks.close(conversationId, userId);
    await this.#change({ type: 'hand-over' }, `hand-over|${step}`);
    await this.#change({ type: 'erase-member' }, `leave|${step}`);
  }

  async erase(headSeq: number): Promise<PieceReport> {
    const { conversationId, userId, from } = this.#piece;
    const range = { from, to: Math.min(headSeq, from + places - 1) };
    const [messages, reactions] = await Promise.all([
      this.#parts.log.read(conversationId, range),
      this.#parts.changes.reactionsBy(conversationId, userId, range),
    ]);
    const own = messages.filter(({ senderId, type }) => senderId === userId && type !== 'system');
    const upTo = this.#end([...own, ...reactions], range.to);
    const isHere = ({ seq }: { seq: number }): boolean => seq <= upTo;
    const ids = new Map(messages.map(({ seq, messageId }) => [seq, messageId]));
    const found = reactions.filter(isHere).flatMap(({ seq, emoji }) => {
      const messageId = ids.get(seq);
      return messageId === undefined ? [] : [{ messageId, emoji }];
    });
    const erased = await this.#eraseMessages(own.filter(isHere));
    return { ...erased, reactions: found, upTo, isEnd: upTo >= headSeq && found.length === 0 };
  }

  /** What the piece before this one has found and the job has counted. */
  async withdraw(): Promise<void> {
    for (const { messageId, emoji } of this.#piece.reactions)
      await this.#change(
        { type: 'erase-reaction', messageId, emoji },
        `reaction|${this.#piece.step}|${messageId}|${emoji}`,
      );
  }

  /** What is at one place is one piece's. */
  #end(found: readonly { seq: number }[], to: number): number {
    const seqs = found.map(({ seq }) => seq).sort((a, b) => a - b);
    return seqs.length > maxErased ? (seqs[maxErased - 1] ?? to) : to;
  }

  async #eraseMessages(
    messages: readonly LoggedMessage[],
  ): Promise<{ messages: number; attachments: number }> {
    const counts = { messages: 0, attachments: 0 };
    for (const message of messages) {
      if (!(await this.#eraseMessage(message))) continue;
      counts.messages++;
      if (message.type !== 'text') counts.attachments++;
    }
    // Now that nobody reads them any more: what a delivery check has read before, it looks at again.
    await this.#emptyInboxes(messages);
    return counts;
  }

  /** What hangs on it goes first: afterwards nothing would lead there. */
  async #eraseMessage({ conversationId, messageId, seq }: LoggedMessage): Promise<boolean> {
    const { userId } = this.#piece;
    const action: ErasureAction = { type: 'erase-message', messageId };
    const ground = await this.#parts.changes.ground(conversationId, userId, action);
    const attachment = ground?.target?.message.attachment ?? ground?.target?.kept?.attachment;
    if (attachment) await this.#parts.attachments.erase(attachment.attachmentId, userId);
    await this.#parts.changes.forgetVersions(conversationId, seq);
    return this.#change(action, `message|${messageId}`);
  }

  /** What others have not fetched yet; those who have left have an inbox, too. */
  async #emptyInboxes(messages: readonly LoggedMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const { conversationId, userId } = this.#piece;
    const ground = await this.#parts.changes.ground(conversationId, userId, { type: 'erase-member' });
    await forEach(ground?.members ?? [], concurrency, (member) =>
      this.#parts.inbox.forget(member.userId, messages),
    );
  }

  /** @returns whether it has changed something, now or when it was first tried */
  async #change(action: ErasureAction, key: string): Promise<boolean> {
    const { conversationId, userId, jobId } = this.#piece;
    const change: AcceptedChange<ErasureAction> = {
      changeId: changeIdOf(conversationId, userId, `${jobId}|${key}`),
      conversationId,
      userId,
      acceptedAt: this.#parts.clock.now().toISOString(),
      action,
    };
    const { rev } = await carryOut(
      this.#parts,
      change,
      (ground, now) => decideErasure(change, ground, now),
      this.#tracing,
    );
    return rev !== null;
  }
}

const nothing: PieceReport = { upTo: 0, isEnd: true, messages: 0, attachments: 0, reactions: [] };

/**
 * Frees a piece of a conversation from a user, in the conversation's own turn: behind all that was accepted before, each
 * message as a change of its own, of which members are told. With the first piece the user leaves. At the end the job is
 * told what was erased. Doing it again is harmless, and tells the same.
 * @throws ChatError `unavailable`
 */
export const eraseInConversation =
  (parts: EraseInConversationParts) =>
  async (task: ErasurePiece, tracing: Tracing): Promise<PieceReport> => {
    const { conversationId, userId, jobId, step, from } = task;
    const piece = new Piece(parts, task, tracing);
    const isThere = (await parts.log.head(conversationId)) !== undefined;
    if (isThere && from === 1) await piece.leave();
    if (isThere) await piece.withdraw();
    const head = isThere ? await parts.log.head(conversationId) : undefined;
    const report = head ? await piece.erase(head.headSeq) : nothing;
    if (report.isEnd) await parts.log.forgetMember(conversationId, userId);
    await parts.outbox.enqueueJob({ jobId, step, piece: report }, tracing);
    return report;
  };
