import { plainText } from '../../domain/words.ts';

/** What stands for a letter: digits and signs that are read as one. `l` is there for `1`, which may be either. */
const lookAlikes = new Map(
  Object.entries({
    '0': 'o',
    '1': 'i',
    l: 'i',
    '|': 'i',
    '!': 'i',
    '3': 'e',
    '4': 'a',
    '@': 'a',
    '5': 's',
    $: 's',
    '7': 't',
  }),
);

/** Letters, digits, and the signs that are read as letters. One class repeated: nothing to backtrack into. */
const word = /[\p{L}\p{N}!|@$]+/gu;

/** The words of a text, unfolded. Linear in its length. */
export const words = (text: string): string[] => plainText(text).match(word) ?? [];

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

const digitsIn = (word: string): number => {
  let digits = 0;
  for (let at = 0; at < word.length; at++) if (isDigit(word.charCodeAt(at))) digits++;
  return digits;
};

/**
 * Two spellings of one word become the same: `5hiii1t`, `sh!t` and `shlt` are read as `shit` is. What is longer than any
 * word that is looked for is not read to its end, and is no word.
 */
const fold = (word: string, maxLength: number): string => {
  const folded: string[] = [];
  let run = 0;
  for (const character of word) {
    const letter = lookAlikes.get(character) ?? character;
    run = letter === folded.at(-1) ? run + 1 : 1;
    // Three or more of a letter are emphasis and count once; two are spelling.
    if (run === 3) folded.pop();
    if (run < 3) folded.push(letter);
    if (folded.length > maxLength + 1) return ''; // one more, for the second of what may become a row
  }
  return folded.join('');
};

/** How a word is compared: folded, or as it stands when it is mostly digits: `455`, `A55` are numbers and names. */
export const spelling = (word: string, maxLength = Infinity): string =>
  digitsIn(word) * 2 > word.length ? word : fold(word, maxLength);

/**
 * What a word may be read as: signs in it may be letters or punctuation.
 * @param maxLength of the spellings that are looked for
 */
export const readings = (word: string, maxLength: number): string[] => {
  const parts = word.split(/[!|@$]/);
  if (parts.length === 1) return [spelling(word, maxLength)];
  let end = word.length;
  while (end > 0 && '!|'.includes(word.charAt(end - 1))) end--;
  return [word, word.slice(0, end), ...parts.filter((part) => part !== '')].map((reading) =>
    spelling(reading, maxLength),
  );
};
