/**
 * A text without case, accents and invisible characters, so that spellings of one word become one. Marks are taken out
 * before the text is normalised as well: to bring a long row of them into order takes time in the square of its length.
 */
export const plainText = (text: string): string =>
  text
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // By way of capitals, because some letters are one only there: ß and ss, ı and i; ẞ has none but itself.
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    // A sigma is written otherwise where a word ends, which the beginning of a longer word does not.
    .replaceAll('ς', 'σ');

/** Scripts that put no blanks between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** Parts of which none has a word in common with its neighbour. */
const parts = (text: string): string[] =>
  unspaced.test(text) ? Array.from(segmenter.segment(text), ({ segment }) => segment) : [text];

/**
 * The words of a text, as they are compared: letters and digits, plain. Scripts without blanks are divided by dictionary,
 * and before marks are taken out of them, for in these a mark may be a vowel. Linear in the length of the text.
 */
export const wordsOf = (text: string): string[] =>
  // U+200B divides words, though it is counted among the invisible characters.
  parts(text.replaceAll('\u200b', ' ')).flatMap((part) => plainText(part).match(/[\p{L}\p{N}]+/gu) ?? []);
