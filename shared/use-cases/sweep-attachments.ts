import { type AttachmentRecord, bindableMs, unboundMs, unsentMs } from '../domain/attachment.ts';
import { firstPages, forEach } from '../domain/chunks.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { AttachmentLook, AttachmentLooks } from '../ports/attachment-looks.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Tracing } from '../ports/outbox.ts';
import {
  examineAttachment,
  tellAvailable,
  type ExamineAttachmentParts,
  type TellAvailableParts,
} from './examine-attachment.ts';
import { firstLookMs } from './offer-upload.ts';

export interface SweepAttachmentsParts extends ExamineAttachmentParts, TellAvailableParts {
  attachments: Pick<Attachments, 'find' | 'open' | 'note' | 'remove' | 'removeBytes'>;
  looks: AttachmentLooks;
  log: Pick<ConversationLog, 'find'>;
}

/** What came of a run, for the log. */
export interface Sweep {
  looked: number;
  /** Attachments that nobody wanted. */
  removed: number;
  /** Why some could not be looked at; a later run tries again. */
  errors: string[];
}

/** Attachments looked at at once: of each a large file may be read. */
const concurrency = 4;

/** Pages of one run; the next one goes on. */
const maxPages = 20;

/** Clocks differ: for so long after its end a URL may still be good. */
const clockSkewMs = 5 * 60_000;

/** When to look again; null: never. */
type Next = Date | null;

const hasIt = ({ attachmentId }: AttachmentRecord, message: LoggedMessage | undefined): boolean =>
  message !== undefined && (message.deletedAt !== null || message.attachment?.attachmentId === attachmentId);

/** One attachment that is due. */
class Look {
  readonly #parts: SweepAttachmentsParts;
  readonly #look: AttachmentLook;
  readonly #tracing: Tracing;
  readonly #now: number;
  hasRemoved = false;

  constructor(parts: SweepAttachmentsParts, look: AttachmentLook, tracing: Tracing) {
    this.#parts = parts;
    this.#look = look;
    this.#tracing = tracing;
    this.#now = parts.clock.now().getTime();
  }

  async take(): Promise<Next> {
    const { attachments } = this.#parts;
    const record = await attachments.find(this.#look.attachmentId);
    if (!record) return this.#remove();
    const known = await examineAttachment(this.#parts, record);
    if (!known) return this.#remove();
    return known.messageId === null ? this.#unbound(known) : this.#bound(known, known.messageId);
  }

  async #bound(record: AttachmentRecord, messageId: string): Promise<Next> {
    const { conversationId, availableAt, refusedAs } = record;
    const message = await this.#parts.log.find(conversationId, messageId);
    if (!hasIt(record, message)) return this.#age(record) < unsentMs ? this.later() : this.#remove();
    await tellAvailable(this.#parts, record, message, this.#tracing);
    if (availableAt !== null || refusedAs !== null) return this.#whenClosed();
    // Its sender may get another URL for it by sending the message again, which notes another look.
    return this.#age(record) < bindableMs || record.checkedAt !== null ? this.later() : null;
  }

  #unbound(record: AttachmentRecord): Promise<Next> | Next {
    const end = Date.parse(record.createdAt) + unboundMs;
    return this.#now < end ? new Date(Math.min(end, this.later().getTime())) : this.#remove();
  }

  /** Takes away all there is of it, once more when nobody can upload it again. */
  async #remove(): Promise<Next> {
    this.hasRemoved = true;
    await this.#parts.attachments.remove(this.#look.attachmentId);
    return this.#whenClosed();
  }

  /** Once more when nobody has a URL for it any more: bytes that are taken away before that may be put there again. */
  #whenClosed(): Next {
    const closed = Date.parse(this.#look.writableUntil) + clockSkewMs;
    return this.#now < closed ? new Date(closed) : null;
  }

  /** Ever more seldom. */
  later(): Date {
    const past = this.#now - Date.parse(this.#look.reservedAt);
    return new Date(this.#now + Math.min(Math.max(past, firstLookMs), bindableMs));
  }

  #age({ createdAt }: AttachmentRecord): number {
    return this.#now - Date.parse(createdAt);
  }
}

/**
 * Looks after attachments: completes what was uploaded and not completed by its owner, and takes away what was never
 * uploaded, never bound to a message or belongs to a message that never came, and bytes that nobody knows (any more). May
 * run on several instances at once and die at any point.
 */
export const sweepAttachments =
  (parts: SweepAttachmentsParts) =>
  async (tracing: Tracing): Promise<Sweep> => {
    const sweep: Sweep = { looked: 0, removed: 0, errors: [] };
    const takeOne = async (due: AttachmentLook): Promise<void> => {
      const look = new Look(parts, due, tracing);
      const fail = (error: unknown): void => void sweep.errors.push(String(error));
      const next = await look.take().catch((error: unknown) => {
        fail(error);
        return look.later();
      });
      sweep.looked++;
      if (look.hasRemoved) sweep.removed++;
      try {
        if (next) await parts.looks.note({ ...due, at: next.toISOString() });
        await parts.looks.done([due]); // last: what is not noted any more is looked at by nobody
      } catch (error) {
        fail(error);
      }
    };
    for await (const page of firstPages(parts.looks.due(parts.clock.now()), maxPages)) {
      await forEach(page, concurrency, takeOne);
    }
    return sweep;
  };
