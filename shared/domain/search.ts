import type { LoggedMessage } from './message.ts';
import { wordsOf } from './words.ts';

/** What a search is for. */
export interface Wanted {
  /** Plain words: a message has to have, for each of them, a word that begins with it. At least one. */
  terms: readonly string[];
  /** Whose messages; undefined: anybody's. */
  senderId: string | undefined;
}

/** What to look for when somebody asks for these words. A word that begins another of them says nothing of its own. */
export const termsOf = (text: string): string[] => {
  const words = [...new Set(wordsOf(text))];
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)));
};

/** Whether a message is what a search is for. A deleted one has no text, and never is. */
export const isWanted = (
  { messageText, senderId }: Pick<LoggedMessage, 'messageText' | 'senderId'>,
  wanted: Wanted,
): boolean => {
  if (messageText === null || (wanted.senderId !== undefined && wanted.senderId !== senderId)) return false;
  const words = wordsOf(messageText);
  return wanted.terms.every((term) => words.some((word) => word.startsWith(term)));
};
