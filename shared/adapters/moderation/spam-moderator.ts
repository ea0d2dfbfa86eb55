import type { RejectionReason } from '../../domain/moderation.ts';
import type { Moderator, Submission, Verdict } from '../../ports/moderator.ts';

export interface SpamLimits {
  /** Times that a character, other than a blank, may stand in a row. */
  maxRun: number;
  /** Times that a word may stand in a row. */
  maxRepeats: number;
  /** Links in one text. */
  maxLinks: number;
  /** Users mentioned in one text. */
  maxMentions: number;
}

/** Rows of one character are in every drawing, table and log that somebody may paste, so they are not limited. */
const standardLimits: SpamLimits = { maxRun: Infinity, maxRepeats: 2500, maxLinks: 30, maxMentions: 30 };

/** How often the commonest neighbour in a row is repeated. */
const longestRun = (items: Iterable<string>, counts: (item: string) => boolean): number => {
  let longest = 0;
  let run = 0;
  let last: string | undefined;
  for (const item of items) {
    run = item === last ? run + 1 : 1;
    last = item;
    if (counts(item)) longest = Math.max(longest, run);
  }
  return longest;
};

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** Each begins with letters of its own, and has nothing repeated but what may stand once: nothing to go back into. */
const link = /https?:\/\/(?:www\.)?|\bwww\./giu;
const mention = /(?<![\p{L}\p{N}@])@(?=[\p{L}\p{N}])/gu;

/** Refuses what is spam by simple measures: repetition, floods of links, mentions of everybody. Linear in the text. */
export class SpamModerator implements Moderator {
  readonly #limits: SpamLimits;

  constructor(limits: Partial<SpamLimits> = {}) {
    this.#limits = { ...standardLimits, ...limits };
  }

  review(submission: Submission): Promise<Verdict> {
    const found = this.#find(submission);
    return Promise.resolve(
      found ? { allowed: false, reason: found[0], detail: found[1] } : { allowed: true },
    );
  }

  #find({ text, mentions = 0 }: Submission): [RejectionReason, string] | undefined {
    const { maxRun, maxRepeats, maxLinks, maxMentions } = this.#limits;
    if (maxRun < Infinity && longestRun(text, (character) => character.trim() !== '') > maxRun)
      return ['repetition', `The text repeats one character more than ${maxRun} times.`];
    if (longestRun(text.toLowerCase().split(/\s+/u), (word) => word !== '') > maxRepeats)
      return ['repetition', `The text repeats one word more than ${maxRepeats} times.`];
    if (count(text, link) > maxLinks) return ['links', `The text has more than ${maxLinks} links.`];
    if (Math.max(mentions, count(text, mention)) > maxMentions)
      return ['mentions', `The text mentions more than ${maxMentions} users.`];
    return undefined;
  }
}
