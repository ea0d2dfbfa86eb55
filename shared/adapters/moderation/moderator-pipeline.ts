import type { Moderator, Submission, Verdict } from '../../ports/moderator.ts';

/** Moderators in their order: the first that refuses a text decides, and those behind it are not asked. */
export class ModeratorPipeline implements Moderator {
  readonly #moderators: readonly Moderator[];

  constructor(moderators: readonly Moderator[]) {
    this.#moderators = moderators;
  }

  async review(submission: Submission): Promise<Verdict> {
    for (const moderator of this.#moderators) {
      const verdict = await moderator.review(submission);
      if (!verdict.allowed) return verdict;
    }
    return { allowed: true };
  }
}
