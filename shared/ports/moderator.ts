import type { RejectionReason } from '../domain/moderation.ts';

export type Verdict =
  | { allowed: true }
  | {
      allowed: false;
      reason: RejectionReason;
      /** Shown to the sender; says nothing of the text. */
      detail: string;
    };

/** A text that somebody wants others to see. */
export interface Submission {
  text: string;
  /** Who says it; undefined where nobody is known yet. */
  userId?: string;
  /** Of a message: names it, and is the same when it is sent again. */
  messageId?: string;
  /** Users that it mentions. */
  mentions?: number;
}

/** Judges a text before it is accepted. */
export interface Moderator {
  /**
   * Takes time linear in the length of the text, or has a bound of its own.
   * @throws ChatError `unavailable` when it cannot be judged just now, and may not pass unjudged
   */
  review(submission: Submission): Promise<Verdict>;
}
