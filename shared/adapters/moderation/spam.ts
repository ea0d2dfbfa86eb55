export interface SpamLimits {
  /** Times that a character, other than a blank, may stand in a row. */
  maxRun: number;
  /** Times that a word may stand in a row. */
  maxRepeats: number;
  /** Links in one text. */
  maxLinks: number;
}

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

/** Why a text is spam; undefined when it is not. Linear in the length of the text. */
export const spamReason = (text: string, limits: SpamLimits): string | undefined => {
  if (longestRun(text, (character) => character.trim() !== '') > limits.maxRun)
    return `The message repeats one character more than ${limits.maxRun} times.`;
  const repeated = longestRun(text.toLowerCase().split(/\s+/u), (word) => word !== '');
  if (repeated > limits.maxRepeats)
    return `The message repeats one word more than ${limits.maxRepeats} times.`;
  const links = text.split(/https?:\/\//iu).length - 1;
  if (links > limits.maxLinks) return `The message has more than ${limits.maxLinks} links.`;
  return undefined;
};
