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

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** Two spellings of one word become the same: `5hiii1t`, `sh!t` and `shlt` are read as `shit` is. */
const fold = (word: string): string => {
  const folded: string[] = [];
  let run = 0;
  for (const character of word) {
    const letter = lookAlikes.get(character) ?? character;
    run = letter === folded.at(-1) ? run + 1 : 1;
    // Three or more of a letter are emphasis and count once; two are spelling.
    if (run === 3) folded.pop();
    if (run < 3) folded.push(letter);
  }
  return folded.join('');
};

/** How a word is compared: folded, or as it stands when it is mostly digits: `455`, `A55` are numbers and names. */
export const spelling = (word: string): string =>
  Array.from(word).filter(isDigit).length * 2 > word.length ? word : fold(word);

/** What a word may be read as: signs in it may be letters or punctuation. */
export const readings = (word: string): string[] => {
  const parts = word.split(/[!|@$]/);
  if (parts.length === 1) return [spelling(word)];
  let end = word.length;
  while (end > 0 && '!|'.includes(word.charAt(end - 1))) end--;
  return [word, word.slice(0, end), ...parts].map(spelling);
};
