import type { Moderator, Verdict } from '../../ports/moderator.ts';
import { readings, spelling, words } from './fold.ts';
import { spamReason, type SpamLimits } from './spam.ts';
import { wordList } from './word-list.ts';

export interface ModerationSettings {
  /** False accepts everything. */
  isOn: boolean;
  /** Single words that are not accepted, instead of the built-in ones; none: the built-in ones. */
  words: readonly string[];
  /** Limits other than the standard ones; false accepts spam. */
  spam?: Partial<SpamLimits> | false;
}

/** Rows of one character are in every drawing, table and log that somebody may paste, so they are not limited. */
const standardSpamLimits: SpamLimits = { maxRun: Infinity, maxRepeats: 2500, maxLinks: 30 };

/** @throws Error for what is not one word: it could never be found */
const listedAs = (entry: string): string => {
  const [word, ...more] = words(entry);
  if (word === undefined || more.length > 0)
    throw new Error(`"${entry}" in the list of words that are not accepted is not one word.`);
  return spelling(word);
};

/**
 * Refuses texts that contain a word of a list, or are spam by simple measures. Words are compared whole, so that nobody
 * from Scunthorpe is refused, and after folding: case, accents, invisible characters, repeated letters and digits or
 * signs for letters make no difference. Works in time linear in the text, on a set of words instead of expressions.
 */
export class WordListModerator implements Moderator {
  readonly #words: ReadonlySet<string>;
  readonly #spam: SpamLimits | false;

  constructor({ isOn, words: own, spam }: ModerationSettings) {
    const listed = own.length > 0 ? own : wordList;
    this.#words = new Set(isOn ? listed.map(listedAs) : []);
    this.#spam = isOn && spam !== false && { ...standardSpamLimits, ...spam };
  }

  review(text: string): Promise<Verdict> {
    const reason = this.#reason(text);
    return Promise.resolve(reason === undefined ? { allowed: true } : { allowed: false, reason });
  }

  #reason(text: string): string | undefined {
    if (this.#words.size > 0 && words(text).some((word) => this.#isListed(word)))
      return 'The message contains a word that is not accepted here.';
    return this.#spam === false ? undefined : spamReason(text, this.#spam);
  }

  #isListed(word: string): boolean {
    return readings(word).some((reading) => this.#words.has(reading));
  }
}
