import { backoffMs } from './backoff.ts';
import type { Cancel, Environment } from './environment.ts';
import { asParleyError, type ParleyError } from './errors.ts';

/** @internal */
export interface AcknowledgerParts {
  environment: Environment;
  /** Tells the service, and resolves when it has noted it. */
  ask: (name: string, data: Record<string, unknown>) => Promise<unknown>;
  /** The service has noted what was read. */
  onRead: (conversationId: string) => void;
  /** A group so large that nobody is shown who has got what: it costs the service more than it is worth to hurry. */
  isLarge: (conversationId: string) => boolean;
}

/** What is to be told of one conversation. */
interface Due {
  delivered: number;
  /** Single messages, where what is below them is not known to have come. */
  seqs: Set<number>;
  read: number;
}

const collectMs = 1_000;
/** At least and at most: what reaches all members at once must not come back from all at once. */
const collectLargeMs = [15_000, 45_000] as const;
const maxSeqs = 100;

/** Tells the service what has come and what was read, many at a time, until it knows. @internal */
export class Acknowledger {
  readonly #parts: AcknowledgerParts;
  readonly #due = new Map<string, Due>();
  readonly #scheduled = new Map<string, { isPatient: boolean; cancel: Cancel }>();
  readonly #busy = new Set<string>();
  #failures = 0;

  constructor(parts: AcknowledgerParts) {
    this.#parts = parts;
  }

  /** Everything up to a place has come. */
  delivered(conversationId: string, upToSeq: number): void {
    const due = this.#dueOf(conversationId);
    due.delivered = Math.max(due.delivered, upToSeq);
    this.#schedule(conversationId);
  }

  /** Single messages have come. */
  deliveredOnly(conversationId: string, seqs: readonly number[]): void {
    for (const seq of seqs) this.#dueOf(conversationId).seqs.add(seq);
    this.#schedule(conversationId);
  }

  /** Everything up to a place was read. */
  read(conversationId: string, upToSeq: number): void {
    const due = this.#dueOf(conversationId);
    due.read = Math.max(due.read, upToSeq);
    this.#schedule(conversationId);
  }

  /** There is a connection again: tells what could not be told. */
  resume(): void {
    this.#failures = 0;
    for (const conversationId of this.#due.keys()) this.#schedule(conversationId);
  }

  /** Forgets what is to be told of a conversation. */
  drop(conversationId: string): void {
    this.#due.delete(conversationId);
  }

  #dueOf(conversationId: string): Due {
    const due = this.#due.get(conversationId) ?? { delivered: 0, seqs: new Set(), read: 0 };
    this.#due.set(conversationId, due);
    return due;
  }

  /** What was read need not wait behind what may take its time. */
  #schedule(conversationId: string, extraMs = 0): void {
    const isPatient = this.#parts.isLarge(conversationId) && this.#due.get(conversationId)?.read === 0;
    const scheduled = this.#scheduled.get(conversationId);
    if (this.#busy.has(conversationId) || (scheduled && (isPatient || !scheduled.isPatient))) return;
    scheduled?.cancel();
    const ms = (isPatient ? this.#patience() : collectMs) + extraMs;
    const cancel = this.#parts.environment.after(ms, () => {
      this.#scheduled.delete(conversationId);
      void this.#tell(conversationId);
    });
    // A pause that the service or the network needs is kept in any case.
    this.#scheduled.set(conversationId, { isPatient: isPatient && extraMs === 0, cancel });
  }

  #patience(): number {
    const [least, most] = collectLargeMs;
    return least + this.#parts.environment.random() * (most - least);
  }

  async #tell(conversationId: string): Promise<void> {
    const due = this.#due.get(conversationId);
    if (!due) return;
    this.#due.delete(conversationId);
    this.#busy.add(conversationId);
    let waitMs = 0;
    try {
      await this.#say(conversationId, due);
      this.#failures = 0;
    } catch (thrown) {
      waitMs = this.#putBack(conversationId, due, asParleyError(thrown));
    }
    this.#busy.delete(conversationId);
    if (this.#due.has(conversationId)) this.#schedule(conversationId, waitMs);
  }

  /** What was read has been delivered. */
  async #say(conversationId: string, { delivered, seqs, read }: Due): Promise<void> {
    const { ask, onRead } = this.#parts;
    if (read > 0) {
      await ask('receipt.read', { conversationId, upToSeq: read });
      onRead(conversationId);
    }
    if (delivered > read) await ask('receipt.delivered', { conversationId, upToSeq: delivered });
    const single = [...seqs].filter((seq) => seq > Math.max(read, delivered)).sort((a, b) => a - b);
    for (let at = 0; at < single.length; at += maxSeqs)
      await ask('receipt.delivered', { conversationId, seqs: single.slice(at, at + maxSeqs) });
  }

  /** @returns milliseconds to wait besides */
  #putBack(conversationId: string, failed: Due, error: ParleyError): number {
    if (!error.isTransient) return 0; // we are not in it any more: there is nothing to be told
    const due = this.#dueOf(conversationId);
    due.delivered = Math.max(due.delivered, failed.delivered);
    due.read = Math.max(due.read, failed.read);
    for (const seq of failed.seqs) due.seqs.add(seq);
    return backoffMs(this.#failures++, this.#parts.environment.random, error.retryAfterMs);
  }
}
