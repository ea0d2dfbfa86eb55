export type Verdict = { allowed: true } | { allowed: false; reason: string };

/** Judges a text before it is accepted. Must be linear in the length of the text. */
export interface Moderator {
  /** `reason` is shown to the sender. */
  review(text: string): Promise<Verdict>;
}
