import type { Moderator, Submission, Verdict } from '../../ports/moderator.ts';
import { readings, spelling, words } from './fold.ts';

/** @throws Error for what is not one word: it could never be found */
const listedAs = (entry: string): string => {
  const [word, ...more] = words(entry);
  if (word === undefined || more.length > 0)
    throw new Error(`"${entry}" in the list of words that are not accepted is not one word.`);
  return spelling(word);
};

/**
 * Refuses texts that contain a word of a list. Words are compared whole, so that nobody from Scunthorpe is refused, and
 * after folding: case, accents, invisible characters, repeated letters and digits or signs for letters make no
 * difference. Works in time linear in the text, on a set of words instead of expressions.
 */
export class WordListModerator implements Moderator {
  readonly #words: ReadonlySet<string>;
  readonly #maxLength: number;

  constructor(list: readonly string[]) {
    this.#words = new Set(list.map(listedAs));
    this.#maxLength = Math.max(0, ...[...this.#words].map((word) => word.length));
  }

  review({ text }: Submission): Promise<Verdict> {
    const isListed = this.#words.size > 0 && words(text).some((word) => this.#isListed(word));
    return Promise.resolve(
      isListed
        ? { allowed: false, reason: 'word', detail: 'The text contains a word that is not accepted here.' }
        : { allowed: true },
    );
  }

  #isListed(word: string): boolean {
    return readings(word, this.#maxLength).some((reading) => this.#words.has(reading));
  }
}
