/** In each message of a multiple of this. */
const commonEvery = 5;

/** In this many messages of a conversation, far from each other. */
export const rareMessages = 3;

export const commonWord = 'lunch';
export const rareWord = 'zeppelin';

const wordsPerMessage = 12;
const vocabulary = 5000;

/** Knuth's multiplicative hash: the words of a message are the same in each run. */
const wordAt = (place: number): string => `word${((place * 2_654_435_761) % 2 ** 32) % vocabulary}`;

/** Whether the message at a place has the rare word: as many as are told, spread evenly. */
export const isRare = (seq: number, messages: number): boolean =>
  seq % Math.max(1, Math.floor(messages / rareMessages)) === 0;

/** The text of the message at a place of a conversation of so many. */
export const longText = (seq: number, messages: number): string => {
  const words = Array.from({ length: wordsPerMessage }, (_, index) => wordAt(seq * wordsPerMessage + index));
  if (seq % commonEvery === 0) words.push(commonWord);
  if (isRare(seq, messages)) words.push(rareWord);
  return words.join(' ');
};
